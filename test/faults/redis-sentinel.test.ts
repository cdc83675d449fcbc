import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { settingsOf } from '../adapters/redis/tools.ts'
import { lowPort } from '../support/low-port.ts'
import { noRedis, RedisServer, startRedis } from '../support/redis.ts'
import { exactAfter, exactBefore, loses } from './failover.ts'
import { until } from './scene.ts'

const skip = noRedis()
const NAME = 'limits'
/** The modes are looked at within this time. */
const DOWN_AFTER_MS = 2000

async function startSentinels(t: Test, primary: RedisServer): Promise<RedisServer[]> {
  const dir = t.testdir()
  const starting = [0, 1, 2].map(async (i) => {
    const file = join(dir, `sentinel-${i}.conf`)
    const settings = [
      `monitor ${NAME} 127.0.0.1 ${primary.port} 2`,
      `down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `failover-timeout ${NAME} 3000`,
    ]
    writeFileSync(file, settings.map((line) => `sentinel ${line}\n`).join(''))
    const sentinel = new RedisServer(await lowPort(), { configFile: file })
    t.teardown(() => sentinel.stop())
    await sentinel.answering()
    return sentinel
  })
  return Promise.all(starting)
}

t.test(
  'V96: a failover of sentinels: exact before, the modes meanwhile, and exact after',
  { skip },
  async (t) => {
    const primary = await startRedis(t, { port: await lowPort() })
    const secondary = await startRedis(t, {
      port: await lowPort(),
      args: ['--replicaof', '127.0.0.1', `${primary.port}`],
    })
    await until(() => secondary.cli('info', 'replication').includes('master_link_status:up'))
    const sentinels = await startSentinels(t, primary)
    const knowsAll = (sentinel: RedisServer): boolean => {
      const told = sentinel.cli('info', 'sentinel')
      return /slaves=1,sentinels=3/.test(told)
    }
    await until(() => sentinels.every(knowsAll))
    const [first] = sentinels as [RedisServer]
    const settings = settingsOf(first, {
      kind: 'sentinel',
      nodes: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      name: NAME,
      commandTimeoutMs: 1000,
    })
    const scene = await exactBefore(t, settings)
    await loses(t, scene, primary)
    t.match(secondary.cli('role'), /^master/)
    await exactAfter(t, scene)
    for (const { changes } of scene.replicas) t.match(changes, [{ name: 'open' }, { name: 'closed' }])
  },
)
