import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { slotOf } from '../adapters/redis/slots.ts'
import { settingsOf } from '../adapters/redis/tools.ts'
import { lowPort } from '../support/low-port.ts'
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { exactAfter, exactBefore, loses } from './failover.ts'
import { until } from './scene.ts'

const skip = noRedis()
const NODE_TIMEOUT_MS = 2000
const NODES = 6

/** Three nodes that hold slots, and one behind each that takes over. */
async function startCluster(t: Test): Promise<RedisServer[]> {
  // A replica is brought up to date at once, and not after the five seconds in which others might ask for the same.
  const atOnce = ['--repl-diskless-sync-delay', '0']
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${NODE_TIMEOUT_MS}`, ...atOnce]
  const nodes: RedisServer[] = []
  for (let i = 0; i < NODES; i++) nodes.push(await startRedis(t, { port: await lowPort(), args }))
  const places = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const options = ['--cluster-replicas', '1', '--cluster-yes']
  execFileSync('redis-cli', ['--cluster', 'create', ...places, ...options], { timeout: 30_000 })
  await until(() => nodes.every((node) => node.cli('cluster', 'info').includes('cluster_state:ok')))
  return nodes
}

/** Who takes writes to the keys of this prefix. */
function holderOf(nodes: readonly RedisServer[], prefix: string): RedisServer {
  const slot = slotOf(`${prefix}{${prefix.slice(0, -1)}}x`)
  const holds = ({ port }: RedisServer, told: string): boolean =>
    told.split('\n').some((line) => {
      if (!line.includes(`127.0.0.1:${port}@`) || !line.includes('master')) return false
      const ranges = [...line.matchAll(/ (\d+)-(\d+)/g)]
      return ranges.some(([, from, to]) => slot >= Number(from) && slot <= Number(to))
    })
  const holder = nodes.find((node) => holds(node, node.cli('cluster', 'nodes')))
  if (holder === undefined) throw new Error(`nobody holds slot ${slot}`)
  return holder
}

t.test('V96: a cluster loses the node of the limits: exact before and after', { skip }, async (t) => {
  const nodes = await startCluster(t)
  const [first] = nodes as [RedisServer]
  const settings = settingsOf(first, {
    kind: 'cluster',
    nodes: nodes.slice(0, 3).map(({ port }) => ({ host: '127.0.0.1', port })),
    commandTimeoutMs: 1000,
  })
  const scene = await exactBefore(t, settings)
  await loses(t, scene, holderOf(nodes, settings.prefix))
  await exactAfter(t, scene)
})
