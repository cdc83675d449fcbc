import t from 'tap'
import { noRedis, type RedisServer, startRedis } from '../../support/redis.ts'
import { limitWith, sliding } from '../counters-contract/tools.ts'
import { connected, PATIENT, settingsOf } from './tools.ts'

const skip = noRedis()
const wide = limitWith('wide', [sliding(1000, 60_000)])

t.test('what is asked in one turn is one command, and what fails of it fails alone', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT))
  // A new server does not know the script yet.
  await counters.read(wide, 'a', 0)
  server.cli('lpush', 'sallyport:{sallyport}broken', 'x')
  const before = commandsOf(server)
  const all = ['a', 'broken', 'a', 'b'].map((key) => counters.charge([{ limit: wide, key, cost: 1 }], 0))
  const settled = await Promise.allSettled(all)
  t.match(settled, [
    { value: { refused: -1, states: [{ remaining: 999 }] } },
    { reason: { trouble: 'refused', message: 'Redis answered WRONGTYPE' } },
    { value: { refused: -1, states: [{ remaining: 998 }] } },
    { value: { refused: -1, states: [{ remaining: 999 }] } },
  ])
  t.equal(commandsOf(server) - before, 1)
})

function commandsOf(server: RedisServer): number {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(server.cli('info', 'commandstats'))?.[1] ?? 0)
}
