import t from 'tap'
import { UsageError } from '../support/run-main.ts'
import { readOptions } from './options.ts'

t.test('without options: all of it, with the drawn seed', async (t) => {
  t.strictSame(readOptions([], 5), {
    seed: 5,
    requests: 100_000,
    replies: 20_000,
    seconds: 3600,
    json: false,
    help: false,
  })
})

t.test('each option is read', async (t) => {
  const args = ['--seed', '7', '--requests', '0', '--replies', '3', '--seconds', '60', '--json']
  t.match(readOptions(args, 5), { seed: 7, requests: 0, replies: 3, seconds: 60, json: true })
})

t.test('wrong use is told', async (t) => {
  for (const args of [
    ['--seed', 'x'],
    ['--requests', '-1'],
    ['--replies', '1e3'],
    ['--speed', '1'],
    ['more'],
  ]) {
    t.throws(() => readOptions(args, 5), UsageError, args.join(' '))
  }
})
