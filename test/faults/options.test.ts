import t from 'tap'
import { UsageError } from '../support/run-main.ts'
import { readOptions } from './options.ts'
import { faults } from './plan.ts'

t.test('without options: ten minutes, with the drawn seed', async (t) => {
  t.strictSame(readOptions([], 5), { minutes: 10, seed: 5, json: false, help: false })
})

t.test('each option is read', async (t) => {
  const args = ['--minutes', '0.2', '--seed', '7', '--json', '--help']
  t.strictSame(readOptions(args, 5), { minutes: 0.2, seed: 7, json: true, help: true })
})

t.test('wrong use is told', async (t) => {
  for (const args of [
    ['--minutes', '0'],
    ['--minutes', '121'],
    ['--minutes', '1e1'],
    ['--minutes=-1'],
    ['--seed', 'x'],
    ['--speed', '1'],
    ['more'],
  ]) {
    t.throws(() => readOptions(args, 5), UsageError, args.join(' '))
  }
})

t.test('a seed draws the same faults; of four each is one of a kind, 5 to 20 s apart', async (t) => {
  const drawn = (seed: number) => faults(seed).take(400).toArray()
  t.strictSame(drawn(7), drawn(7))
  t.notSame(drawn(7), drawn(8))
  const all = drawn(7)
  for (let i = 0; i < all.length; i += 4) {
    const kinds = all.slice(i, i + 4).map(({ kind }) => kind)
    t.strictSame(new Set(kinds).size, 4)
  }
  t.ok(all.every(({ afterMs }) => afterMs >= 5000 && afterMs <= 20_000))
  t.ok(all.every(({ holdMs, afterMs }) => holdMs < afterMs))
})
