import t from 'tap'
import { type CircuitState, type Circuits, createCircuits } from '../../src/adapters/circuit.ts'
import type { CircuitSettings } from '../../src/core/policy.ts'
import type { Outcome } from '../../src/policies/circuit/decide.ts'
import type { Circuit } from '../../src/policies/circuit/index.ts'
import { upstreamAt } from './upstream/kit.ts'

// Timers of a circuit do not keep the process alive; the tests wait for them.
const hold = setInterval(() => undefined, 1000)
t.teardown(() => clearInterval(hold))

const SETTINGS: CircuitSettings = { errorPercent: 50, windowMs: 10_000, minRequests: 4, openForMs: 30 }

interface Rig {
  readonly circuits: Circuits
  readonly circuit: Circuit
  /** Resolves at the next change to this state. */
  readonly becomes: (state: CircuitState) => Promise<void>
}

function rig(t: { teardown(close: () => unknown): unknown }, settings: CircuitSettings = SETTINGS): Rig {
  const waiting = new Map<CircuitState, () => void>()
  const circuits = createCircuits({ onChange: (_name, state) => waiting.get(state)?.() })
  t.teardown(() => circuits.close())
  const circuit = circuits.of(upstreamAt('http://127.0.0.1:1', { circuit: settings }))
  if (circuit === null) throw new Error('no circuit')
  const becomes = (state: CircuitState): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(state, resolve)
    })
  return { circuits, circuit, becomes }
}

function pass(circuit: Circuit, outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    const taken = circuit.enter()
    if (taken === null) throw new Error('the circuit is open')
    circuit.leave(taken, outcome)
  }
}

const FAILURES: readonly Outcome[] = ['failure', 'failure', 'failure', 'failure']

t.test('too few requests never open it', async (t) => {
  const { circuit } = rig(t)
  pass(circuit, ['failure', 'failure', 'failure'])
  t.equal(circuit.enter(), 'usual')
})

t.test('it opens at the error rate, not below', async (t) => {
  const { circuit, circuits } = rig(t)
  pass(circuit, ['success', 'success', 'success', 'failure', 'failure'])
  t.equal(circuit.enter(), 'usual')
  pass(circuit, ['failure'])
  t.equal(circuit.enter(), null)
  t.match(circuits.list(), [{ name: 'legacy', state: 'open', openedAtMs: Number }])
})

t.test('an error rate of 100% opens when everything fails', async (t) => {
  const { circuit } = rig(t, { ...SETTINGS, errorPercent: 100 })
  pass(circuit, FAILURES)
  t.equal(circuit.enter(), null)
})

t.test('requests that were cut short count neither way', async (t) => {
  const { circuit } = rig(t)
  pass(circuit, ['neither', 'neither', 'neither', 'failure', 'failure', 'neither', 'failure'])
  t.equal(circuit.enter(), 'usual')
  pass(circuit, ['failure'])
  t.equal(circuit.enter(), null)
})

t.test('what failed longer ago than the window does not count', async (t) => {
  const { circuit } = rig(t, { ...SETTINGS, windowMs: 20 })
  pass(circuit, ['failure', 'failure', 'failure'])
  await new Promise((resolve) => setTimeout(resolve, 40))
  pass(circuit, ['failure', 'failure', 'failure'])
  t.equal(circuit.enter(), 'usual')
})

t.test('S8 after a while exactly one trial passes, and its success closes the circuit', async (t) => {
  const { circuit, circuits, becomes } = rig(t)
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  t.ok(circuit.waitMs() > 0 && circuit.waitMs() <= SETTINGS.openForMs)
  await halfOpen
  t.match(circuits.list(), [{ state: 'half_open' }])
  t.equal(circuit.waitMs(), 0)
  t.equal(circuit.enter(), 'trial')
  t.equal(circuit.enter(), null)
  circuit.leave('trial', 'success')
  t.equal(circuit.enter(), 'usual')
  t.match(circuits.list(), [{ state: 'closed', openedAtMs: null }])
})

t.test('S8 a trial that fails opens it for another while', async (t) => {
  const { circuit, becomes } = rig(t)
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  await halfOpen
  const again = becomes('half_open')
  circuit.enter()
  circuit.leave('trial', 'failure')
  t.equal(circuit.enter(), null)
  t.ok(circuit.waitMs() > 0)
  await again
  t.equal(circuit.enter(), 'trial')
})

t.test('a trial that its client cuts short leaves the trial to the next', async (t) => {
  const { circuit, becomes } = rig(t)
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  await halfOpen
  circuit.enter()
  circuit.leave('trial', 'neither')
  t.equal(circuit.enter(), 'trial')
})

t.test('failures from before the trial do not open it again', async (t) => {
  const { circuit, becomes } = rig(t)
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  await halfOpen
  circuit.enter()
  circuit.leave('trial', 'success')
  pass(circuit, ['failure', 'failure', 'failure'])
  t.equal(circuit.enter(), 'usual')
})

t.test('requests that were under way when it opened change nothing', async (t) => {
  const { circuit, becomes } = rig(t)
  const [late, later] = [circuit.enter(), circuit.enter()]
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  if (late === null || later === null) throw new Error('it was closed')
  circuit.leave(late, 'success')
  t.equal(circuit.enter(), null)
  await halfOpen
  circuit.leave(later, 'success')
  t.equal(circuit.enter(), 'trial')
})

t.test('a trial that ends after the circuit moved on changes nothing', async (t) => {
  const { circuit, becomes } = rig(t)
  const halfOpen = becomes('half_open')
  pass(circuit, FAILURES)
  await halfOpen
  circuit.enter()
  circuit.leave('trial', 'failure')
  circuit.leave('trial', 'success')
  t.equal(circuit.enter(), null)
})

t.test('S12 a step of the wall clock neither opens, closes nor wedges it', async (t) => {
  const { circuit, becomes } = rig(t)
  const real = Date.now
  t.teardown(() => {
    Date.now = real
  })
  pass(circuit, ['failure', 'failure', 'failure'])
  Date.now = () => real() + 7_200_000
  const halfOpen = becomes('half_open')
  pass(circuit, ['failure'])
  Date.now = () => real() - 7_200_000
  t.ok(circuit.waitMs() <= SETTINGS.openForMs)
  await halfOpen
  t.equal(circuit.enter(), 'trial')
})

t.test('the state outlives a reload, with new settings or old', async (t) => {
  const { circuits, circuit } = rig(t, { ...SETTINGS, openForMs: 60_000 })
  pass(circuit, FAILURES)
  const tighter = upstreamAt('http://127.0.0.1:1', { circuit: { ...SETTINGS, errorPercent: 10 } })
  circuits.apply([tighter])
  t.equal(circuits.of(tighter), circuit)
  t.equal(circuit.enter(), null)
  t.ok(circuit.waitMs() <= SETTINGS.openForMs)
})

t.test('a new open_for leaves a closed circuit closed, and takes effect', async (t) => {
  const { circuits, circuit } = rig(t, { ...SETTINGS, openForMs: 60_000 })
  circuits.of(upstreamAt('http://127.0.0.1:1', { circuit: SETTINGS }))
  t.equal(circuit.enter(), 'usual')
  pass(circuit, FAILURES)
  t.ok(circuit.waitMs() <= SETTINGS.openForMs)
})

t.test('an upstream with circuit off has none, and one that is gone is forgotten', async (t) => {
  const { circuits, circuit } = rig(t)
  const off = upstreamAt('http://127.0.0.1:1', { circuit: null })
  t.equal(circuits.of(off), null)
  pass(circuit, FAILURES)
  circuits.apply([off])
  t.strictSame(circuits.list(), [])
  t.equal(circuits.of(upstreamAt('http://127.0.0.1:1', { circuit: SETTINGS }))?.enter(), 'usual')
})
