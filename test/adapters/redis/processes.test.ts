import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Pool } from 'undici'
import { type Sallyport, startSallyport } from '../../support/process.ts'
import { noRedis, startRedis } from '../../support/redis.ts'

const skip = noRedis()
const LIMIT = 100
const REQUESTS = 400
const RUNS = 10

async function startUpstream(t: Test): Promise<string> {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const policyOf = (redis: string, upstream: string): string => `
version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
redis: { url: ${redis}, command_timeout: 5s }
upstreams: { api: { url: ${upstream} } }
limits:
  all: { by: global, rate: ${LIMIT}/day, on_store_error: deny }
defaults: { upstream: api, auth: none, limits: all }
routes:
  - { id: one, match: { path: /one } }
`

/** Statuses of so many requests at once, spread over the processes. */
async function statusesOf(pools: readonly Pool[]): Promise<number[]> {
  const replies = Array.from({ length: REQUESTS }, async (_, i) => {
    const pool = pools[i % pools.length] as Pool
    const { statusCode, body } = await pool.request({ path: '/one', method: 'GET' })
    await body.dump()
    return statusCode
  })
  return Promise.all(replies)
}

for (const count of [2, 4]) {
  t.test(
    `V73 ${REQUESTS} at once to ${count} processes: ${LIMIT} pass, ${RUNS} times in a row`,
    { skip },
    async (t) => {
      const [server, upstream] = [await startRedis(t), await startUpstream(t)]
      const dir = t.testdir(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, {}])))
      const policy = policyOf(server.url, upstream)
      const starting = Array.from({ length: count }, (_, i) =>
        startSallyport(t, policy, { dir: join(dir, `${i}`) }),
      )
      const processes: Sallyport[] = await Promise.all(starting)
      const pools = processes.map(({ port }) => new Pool(`http://127.0.0.1:${port}`, { connections: 25 }))
      t.teardown(() => Promise.all(pools.map((pool) => pool.destroy())))
      for (let run = 0; run < RUNS; run++) {
        const statuses = await statusesOf(pools)
        const passed = statuses.filter((status) => status === 200).length
        const refused = statuses.filter((status) => status === 429).length
        t.strictSame({ passed, refused }, { passed: LIMIT, refused: REQUESTS - LIMIT })
        server.cli('flushall')
      }
    },
  )
}
