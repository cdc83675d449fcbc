import t from 'tap'
import type { AuditEvent } from '../../src/adapters/audit.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { sharedCounters } from '../../src/cli/wire-store-state.ts'
import { charged, limitOf, type Manner, ScriptedStore } from '../adapters/counters-fallback-scene.ts'

async function wired(manner: Manner) {
  const events: AuditEvent[] = []
  const lines: [string, string, unknown][] = []
  const say = (level: string) => (message: string, details?: unknown) =>
    void lines.push([level, message, details])
  const log = { info: say('info'), warn: say('warn'), error: say('error'), flushNow: () => undefined }
  const store = new ScriptedStore()
  store.manner = manner
  const audit = { event: (event: AuditEvent) => void events.push(event) }
  const local = new MemoryCounters()
  const counters = await sharedCounters({ remote: store, local, replicas: () => 2, audit, log })
  return { counters, store, events, lines }
}

t.test('a store that is down at the start is known to be, and told of', async (t) => {
  const { counters, store, events, lines } = await wired('fails')
  t.equal(counters.state().name, 'open')
  t.match(events, [{ type: 'store_state', time: /Z$/, state: 'open', problem: 'not connected' }])
  t.match(lines, [['error', /^shared store given up/, { problem: 'not connected' }]])
  const hold = setInterval(() => undefined, 1000)
  store.manner = 'answers'
  while (counters.state().name !== 'closed') await new Promise((resolve) => setTimeout(resolve, 20))
  clearInterval(hold)
  t.match(events, [{}, { type: 'store_state', state: 'closed' }])
  t.match(lines, [[], ['info', 'shared store is in use again', {}]])
  counters.close()
})

t.test('a store that answers is not worth a line', async (t) => {
  const { counters, events, lines } = await wired('answers')
  t.match(await charged({ counters }, [limitOf('a', 'deny')], Date.now()), { refused: -1 })
  t.strictSame([events, lines], [[], []])
  counters.close()
})
