import fc from 'fast-check'
import t from 'tap'
import { byteSize, duration, percent, rate, timerDuration } from '../../src/policies/units.ts'

for (const [text, ms] of [
  ['250ms', 250],
  ['15s', 15_000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
  ['0s', 0],
] as const) {
  t.test(`duration ${text}`, async (t) => t.equal(duration().parse(text), ms))
}

for (const [text, bytes] of [
  ['512B', 512],
  ['64KB', 65_536],
  ['1MB', 1_048_576],
  ['2GB', 2_147_483_648],
] as const) {
  t.test(`size ${text}`, async (t) => t.equal(byteSize().parse(text), bytes))
}

for (const [text, max, windowMs] of [
  ['10/second', 10, 1000],
  ['60/minute', 60, 60_000],
  ['1/hour', 1, 3_600_000],
  ['5000/day', 5000, 86_400_000],
] as const) {
  t.test(`rate ${text}`, async (t) => t.strictSame(rate().parse(text), { max, windowMs }))
}

t.test('percent', async (t) => {
  t.equal(percent().parse('0%'), 0)
  t.equal(percent().parse('100%'), 100)
  t.notOk(percent().safeParse('101%').success)
})

t.test('a duration for a timer is neither nothing nor too long for one', async (t) => {
  t.equal(timerDuration().parse('24d'), 24 * 86_400_000)
  t.notOk(timerDuration().safeParse('0s').success)
  t.notOk(timerDuration().safeParse('25d').success)
  t.equal(timerDuration(1000).parse('1s'), 1000)
  t.notOk(timerDuration(1000).safeParse('999ms').success)
})

t.test('V100: what is written otherwise is refused with an example', async (t) => {
  for (const value of [15, '15', '015s', '1.5s', '-1s', '1 s', '1S', '1e3s', 's', '', null, '9999999999s']) {
    t.match(duration().safeParse(value).error?.issues[0]?.message, /write a duration such as/, String(value))
  }
  for (const value of [1024, '1024', '1mb', '1KiB', '1 MB', '01MB']) {
    t.match(byteSize().safeParse(value).error?.issues[0]?.message, /write a size such as/, String(value))
  }
  for (const value of ['0/second', '10/week', '10/Second', '10', '10 / second', 10]) {
    t.match(rate().safeParse(value).error?.issues[0]?.message, /write a rate such as/, String(value))
  }
  for (const value of [50, '50', '0.5', '050%']) {
    t.match(percent().safeParse(value).error?.issues[0]?.message, /write a share such as/, String(value))
  }
})

t.test('every number of every unit is read as itself', async () => {
  const units = fc.constantFrom(['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000])
  fc.assert(
    fc.property(fc.nat(999_999_999), units, (count, [unit, ms]) => {
      return duration().parse(`${count}${unit}`) === count * Number(ms)
    }),
  )
})
