import t from 'tap'
import { RedisCounters } from '../../../src/adapters/counters-redis.ts'
import { noRedis, startRedis } from '../../support/redis.ts'
import { startSentinelPeer } from '../../support/sentinel-peer.ts'
import { limitWith, sliding } from '../counters-contract/tools.ts'
import { settingsOf } from './tools.ts'

const skip = noRedis()
const charge = () => ({ limit: limitWith('wide', [sliding(1000, 60_000)]), key: 'a', cost: 1 })

t.test(
  'a failover that sentinels tell of while they are asked does not end it for ever',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const sentinel = await startSentinelPeer(t, redis.port)
    let news = Promise.withResolvers<string | null>()
    const next = (): Promise<string | null> => {
      news = Promise.withResolvers()
      return news.promise
    }
    const settings = settingsOf(sentinel, { kind: 'sentinel', name: 'limits', commandTimeoutMs: 20_000 })
    const ready = next()
    const counters = new RedisCounters({ settings, onConnection: (problem) => news.resolve(problem) })
    t.teardown(() => counters.close())
    t.equal(await ready, null)
    await sentinel.until(() => sentinel.subscribers === 1)

    const held: (() => void)[] = []
    sentinel.held = held
    redis.cli('client', 'kill', 'type', 'normal')
    await sentinel.until(() => held.length > 0)
    const told = next()
    sentinel.tellOfFailover()
    sentinel.held = null
    // The news of the failover is behind it on another connection, and has to be read first.
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const answer of held) answer()
    t.equal(await told, 'no connection to Redis')
    t.equal(await next(), null, 'it connects again')
    t.match(await counters.charge([charge()], 0), { refused: -1 })
  },
)
