import t from 'tap'
import { noRedis, startRedis } from '../support/redis.ts'
import { limitsGate } from './limits-gate.ts'

const NOTE = 'The shared store is given up: this is the count of one process.'

t.test('two gates on one Redis: each shows and resets what both count', { skip: noRedis() }, async (t) => {
  const redis = await startRedis(t)
  // On a machine that is busy, 100 ms are no proof of anything.
  const settings = `redis: { url: "${redis.url}", command_timeout: 5s }`
  const gates = [await limitsGate(t, 0, settings), await limitsGate(t, 0, settings)]
  const [one, other] = gates
  if (one === undefined || other === undefined) throw new Error('no gates')
  t.strictSame(
    [await one.spend(), await one.spend(), await one.spend(), await other.spend()],
    [200, 200, 200, 200],
  )
  for (const { cli } of gates) {
    for (let i = 0; i < 3; i++)
      t.match((await cli('show', 'public', '--ip', '127.0.0.1')).stdout, /4 of 5 +1 /)
    t.match((await cli('show')).stdout, /\nshared store: in use, since \d/)
  }
  t.strictSame([await other.spend(), await one.spend()], [200, 429])
  const { code, stdout } = await other.cli('reset', 'public', '--ip', '127.0.0.1')
  t.equal(code, 0)
  t.match(stdout, /before +5\/hour +5 of 5 +0 .*\n.*now +5\/hour +0 of 5 +5 /)
  t.notMatch(stdout, NOTE)
  t.strictSame([await one.spend(), await other.spend()], [200, 200])
  await redis.stop()
  const { stdout: without } = await one.cli('show', 'public', '--ip', '127.0.0.1')
  t.ok(without.endsWith(`\n${NOTE}\n`), without)
  t.match((await one.cli('show')).stdout, /\nshared store: given up: /)
  t.match(JSON.parse((await one.cli('reset', 'public', '--ip', '127.0.0.1', '--json')).stdout), {
    counted_in: 'fallback',
  })
})
