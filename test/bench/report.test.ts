import t from 'tap'
import { parse } from 'yaml'
import { barChart } from '../../bench/chart.ts'
import { demoKey } from '../../bench/demo-key.ts'
import { parseCpuList } from '../../bench/machine.ts'
import { readOptions } from '../../bench/options.ts'
import { keyFile, keyLines, sizedPolicy } from '../../bench/policy.ts'
import { markdownReport, terminalReport } from '../../bench/report.ts'
import { resultOf } from '../../bench/result.ts'
import type { Row } from '../../bench/stats.ts'
import { bodyBytes, replyBody } from '../../bench/workload.ts'

const flat = (median: number) => ({ median, low: median - 1, high: median + 1 })

const row: Row = {
  id: 'sallyport',
  title: 'whole <chain> & more',
  cpuMicros: flat(50),
  requestsPerSecond: flat(12_345),
  p50Ms: flat(5),
  p99Ms: flat(9),
  rssMb: flat(90),
  failures: 0,
}

const result = resultOf(
  { rounds: 5, seconds: 4, pinning: 'one core each' },
  {
    rows: [row],
    bars: [{ name: 'ours / theirs', value: flat(1.5), max: 1, unit: '×', kind: 'bar' }],
    notes: ['ready in 400 ms'],
    skipped: [{ id: 'nginx', why: 'nginx is not in PATH', kind: 'absent' }],
  },
)

t.test('both reports hold the table, the ratio, the verdict, and what was left out', async (t) => {
  for (const text of [terminalReport(result), markdownReport(result)]) {
    t.match(text, '50.0 (49.0–51.0)')
    t.match(text, '1.50 (0.50–2.50) ×')
    t.match(text, 'bar ≤ 1 ×')
    t.match(text, 'broken')
    t.match(text, 'ready in 400 ms')
    t.match(text, 'nginx was left out: nginx is not in PATH')
  }
})

t.test('the chart escapes its text and draws a bar to scale', async (t) => {
  const svg = barChart([row, { ...row, id: 'other', cpuMicros: { median: 100, low: 90, high: 100 } }])
  t.match(svg, 'whole &#60;chain&#62; &#38; more')
  t.match(svg, 'class="bar ours" x="16" y="59" width="265.0"')
  t.match(svg, 'width="530.0"')
})

t.test('options: defaults, and wrong use in words', async (t) => {
  t.strictSame(readOptions([], ['a', 'b']), { rounds: 5, seconds: 4, only: null, json: false, help: false })
  t.strictSame(readOptions(['--only', 'b', '--rounds', '2'], ['a', 'b']).only, ['b'])
  for (const args of [
    ['--rounds', '0'],
    ['--seconds', '61'],
    ['--rounds', '2x'],
    ['--only', 'c'],
    ['--what'],
  ]) {
    t.throws(() => readOptions(args, ['a', 'b']), { name: 'UsageError' }, args.join(' '))
  }
})

t.test('the reply has the size that every contender is held to', async (t) => {
  t.equal(Buffer.byteLength(replyBody()), bodyBytes)
})

t.test('a demo key has the form of a real one, and its own hash', async (t) => {
  t.match(demoKey(0).text, /^sp_live_[0-9A-Za-z]{38}$/)
  t.match(demoKey(0).hash, /^sha256:[0-9a-f]{64}$/)
  t.not(demoKey(0).text, demoKey(1).text)
})

t.test('a generated policy is YAML of the size asked for', async (t) => {
  const setting = { dir: '/tmp/x', port: 1, opsPort: 2, upstreamPort: 3, key: demoKey(0) }
  const policy = parse(sizedPolicy(setting, 3))
  t.equal(policy.routes.length, 3)
  t.strictSame(policy.key_files, [`./${keyFile}`])
  const keys = keyLines(7).trim().split('\n')
  t.equal(keys.length, 7)
  t.equal(JSON.parse(keys[0] ?? '').hash, demoKey(0).hash)
})

t.test('a list of cores as the kernel writes it', async (t) => {
  t.strictSame(parseCpuList('0-2,5'), [0, 1, 2, 5])
  t.strictSame(parseCpuList(''), [])
})
