import t from 'tap'
import { Drain, type DrainParts } from '../../src/runtime/drain.ts'

const silent = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  flushNow: () => undefined,
}

function draining(more: Partial<DrainParts> = {}) {
  const steps: string[] = []
  const drain: Drain = new Drain({
    delayMs: () => 20,
    graceMs: () => 5000,
    stop: async () => {
      steps.push('stop')
    },
    cut: () => steps.push('cut'),
    inFlight: () => 0,
    close: async () => {
      steps.push('close')
    },
    log: silent,
    ...more,
  })
  return { drain, steps }
}

t.test('it serves on for the delay, then stops, then closes', async (t) => {
  const { drain, steps } = draining()
  t.equal(drain.isDraining, false)
  const done = drain.begin(false)
  t.equal(drain.isDraining, true)
  t.strictSame(steps, [])
  await done
  t.strictSame(steps, ['stop', 'close'])
})

t.test('a person at a terminal does not wait for the delay', async (t) => {
  const { drain, steps } = draining({ delayMs: () => 3_600_000 })
  await drain.begin(true)
  t.strictSame(steps, ['stop', 'close'])
})

t.test('S3 what is not finished within the grace is cut', async (t) => {
  const { drain, steps } = draining({ graceMs: () => 10, stop: () => new Promise(() => undefined) })
  await drain.begin(true)
  t.strictSame(steps, ['cut', 'close'])
})

t.test('the stop is asked for once, however long it takes', async (t) => {
  let stops = 0
  const { drain } = draining({
    graceMs: () => 300,
    stop: () => {
      stops += 1
      return new Promise(() => undefined)
    },
  })
  await drain.begin(true)
  t.equal(stops, 1)
})

t.test('beginning twice drains once', async (t) => {
  const { drain, steps } = draining()
  await Promise.all([drain.begin(true), drain.begin(true)])
  t.strictSame(steps, ['stop', 'close'])
})

t.test('what was cut is waited for until it has told the audit, but not for ever', async (t) => {
  let left = 5
  const hanging = { graceMs: () => 1, stop: () => new Promise<void>(() => undefined) }
  const { drain } = draining({ ...hanging, inFlight: () => left--, log: silent })
  await drain.begin(true)
  t.ok(left <= 0)
  const { drain: stuck, steps } = draining({ ...hanging, inFlight: () => 1 })
  await stuck.begin(true)
  t.strictSame(steps, ['cut', 'close'])
})
