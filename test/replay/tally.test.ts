import t from 'tap'
import { type Changed, Tally } from '../../src/replay/tally.ts'
import { lineOf } from './recorded.ts'

const MAX_COUNTED = 100_000
const read = lineOf()
if (read.kind !== 'request') throw new Error('it cannot be read')
const { line } = read

const changedBy = (keyId: string): Changed => {
  const principal = { ...line.principal, keyId }
  return { line: { ...line, principal }, newRoute: null, was: 'forward', wouldBe: 'key_invalid' }
}

/** A tally of so many changes, each of another key. */
function tallyOf(keys: number): Tally {
  const tally = new Tally()
  for (let i = 0; i < keys; i++) tally.add(changedBy(`key-${i}`))
  return tally
}

t.test('a count that has no room for more says that it is the least', async (t) => {
  const { refused } = tallyOf(MAX_COUNTED + 1).told()
  t.match(refused, { requests: MAX_COUNTED + 1, keys: MAX_COUNTED, orgs: 1, clients: 1 })
  t.strictSame(refused.at_least, ['keys'])
})

t.test('one that is full to the last is exact', async (t) => {
  const tally = tallyOf(MAX_COUNTED)
  t.match(tally.told().refused, { keys: MAX_COUNTED, at_least: [] })
  tally.add(changedBy('key-0'))
  t.match(tally.told().refused, { requests: MAX_COUNTED + 1, at_least: [] })
  tally.add(changedBy('another'))
  t.strictSame(tally.told().refused.at_least, ['keys'])
})
