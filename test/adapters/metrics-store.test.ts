import { Registry } from 'prom-client'
import t from 'tap'
import { registerStore } from '../../src/adapters/metrics-store.ts'
import { charged, limitOf, sceneOf } from './counters-fallback-scene.ts'

t.test('the state of the shared store, its errors, and what was done without it', async (t) => {
  const scene = sceneOf(t)
  const registry = new Registry()
  registerStore(registry, () => scene.counters.state())
  const before = await registry.metrics()
  t.match(before, 'sallyport_store_state{state="closed"} 1\n')
  t.match(before, 'sallyport_store_errors_total 0\n')
  scene.store.manner = 'fails'
  const NOW = Date.now()
  for (const mode of ['local', 'local', 'allow', 'deny'] as const)
    await charged(scene, [limitOf(mode, mode)], NOW)
  const text = await registry.metrics()
  t.match(text, 'sallyport_store_state{state="open"} 1\n')
  t.match(text, 'sallyport_store_state{state="closed"} 0\n')
  t.match(text, 'sallyport_store_errors_total 1\n')
  t.match(text, 'sallyport_limit_fallback_total{mode="local"} 2\n')
  t.match(text, 'sallyport_limit_fallback_total{mode="allow"} 1\n')
  t.match(text, 'sallyport_limit_fallback_total{mode="deny"} 1\n')
})
