import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { CircuitSettings, Upstream } from '../core/policy.ts'
import type { Outcome } from '../policies/circuit/decide.ts'
import type { Circuit, Pass } from '../policies/circuit/index.ts'

export type CircuitState = 'closed' | 'open' | 'half_open'

export interface CircuitStatus {
  /** The upstream's name. */
  readonly name: string
  readonly state: CircuitState
  /** Epoch milliseconds at which it last opened; null while it is closed. For people: nothing is timed by it. */
  readonly openedAtMs: number | null
}

export interface CircuitEvents {
  readonly onChange?: (name: string, state: CircuitState) => void
}

/** The circuits of all upstreams, by name. They outlive reloads. */
export interface Circuits {
  /** @returns null when the policy turns the upstream's circuit off */
  of(upstream: Upstream): Circuit | null
  /** Told the upstreams of a new policy: circuits that none of them has are given up. */
  apply(upstreams: readonly Upstream[]): void
  list(): readonly CircuitStatus[]
  close(): void
}

export function createCircuits(events: CircuitEvents = {}): Circuits {
  const circuits = new Map<string, LiveCircuit>()

  function drop(name: string, circuit: LiveCircuit): void {
    circuits.delete(name)
    circuit.close()
  }

  return {
    of({ name, circuit: settings }) {
      if (settings === null) return null
      const circuit = circuits.get(name) ?? new LiveCircuit(name, settings, events)
      circuit.adjust(settings)
      circuits.set(name, circuit)
      return circuit
    },
    apply(upstreams) {
      const used = new Set(upstreams.filter(({ circuit }) => circuit !== null).map(({ name }) => name))
      for (const [name, circuit] of circuits) if (!used.has(name)) drop(name, circuit)
    },
    list: () => [...circuits.values()].map((circuit) => circuit.status()),
    close() {
      for (const [name, circuit] of circuits) drop(name, circuit)
    },
  }
}

const BUCKETS = 10

/**
 * opossum keeps the state, the rolling window and the timer of the trial. Its `fire` is not used: it counts a request
 * that the client cut as a success or a failure, so that a client which leaves could close the circuit; it thins out
 * failures by what is still under way; and it keeps a number for every success. So opossum is told of requests when
 * they are over, by the events that it counts itself.
 * Everything is timed on the monotonic clock, so that a step of the wall clock moves nothing.
 */
class LiveCircuit implements Circuit {
  readonly #name: string
  readonly #events: CircuitEvents
  /** Turns opossum's window, when a request comes and not by a timer. */
  readonly #window = new EventEmitter()
  #settings: CircuitSettings
  #breaker: CircuitBreaker
  #bucketSince = performance.now()
  #openedSince = 0
  #openedAtMs: number | null = null
  #isTrying = false

  constructor(name: string, settings: CircuitSettings, events: CircuitEvents) {
    this.#name = name
    this.#events = events
    this.#settings = settings
    this.#breaker = this.#create()
  }

  /** New settings under the same name. The state stays; an open circuit waits the new time from now on. */
  adjust(settings: CircuitSettings): void {
    const { openForMs } = this.#settings
    this.#settings = settings
    if (settings.openForMs === openForMs) return
    const before = this.#breaker
    before.shutdown()
    this.#breaker = this.#create()
    if (this.#openedAtMs !== null) this.#breaker.open()
  }

  enter(): Pass | null {
    if (this.#breaker.closed) return 'usual'
    if (!this.#breaker.halfOpen || this.#isTrying) return null
    this.#isTrying = true
    return 'trial'
  }

  leave(pass: Pass, outcome: Outcome): void {
    if (pass === 'trial') this.#judgeTrial(outcome)
    else if (outcome !== 'neither' && this.#breaker.closed) this.#count(outcome)
  }

  waitMs(): number {
    if (!this.#breaker.opened) return 0
    return Math.max(0, this.#openedSince + this.#settings.openForMs - performance.now())
  }

  status(): CircuitStatus {
    return { name: this.#name, state: this.#state(), openedAtMs: this.#openedAtMs }
  }

  close(): void {
    this.#breaker.shutdown()
  }

  #create(): CircuitBreaker {
    const breaker = new CircuitBreaker(async () => undefined, {
      name: this.#name,
      timeout: false,
      resetTimeout: this.#settings.openForMs,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#window,
    })
    breaker.on('open', () => this.#opened())
    breaker.on('halfOpen', () => this.#changed('half_open'))
    breaker.on('close', () => this.#closed())
    return breaker
  }

  #opened(): void {
    this.#openedSince = performance.now()
    this.#openedAtMs = Date.now()
    this.#changed('open')
  }

  #closed(): void {
    this.#openedAtMs = null
    // What failed before the trial must not open it again at once.
    this.#turn(BUCKETS)
    this.#changed('closed')
  }

  #changed(state: CircuitState): void {
    this.#isTrying = false
    this.#events.onChange?.(this.#name, state)
  }

  /** A trial that the client cut short proves nothing: the next request is the trial. */
  #judgeTrial(outcome: Outcome): void {
    if (!this.#breaker.halfOpen) return
    this.#isTrying = false
    if (outcome === 'success') this.#breaker.close()
    else if (outcome === 'failure') this.#breaker.open()
  }

  /** Counted when it is over, so that what is still under way does not thin out the failures. */
  #count(outcome: Outcome): void {
    this.#turnWindow()
    this.#breaker.emit('fire', [])
    if (outcome === 'success') return
    this.#breaker.emit('failure', null, 0, [])
    const { fires, failures } = this.#breaker.stats
    const { minRequests, errorPercent } = this.#settings
    if (fires >= minRequests && failures * 100 >= fires * errorPercent) this.#breaker.open()
  }

  #turnWindow(): void {
    const bucketMs = this.#settings.windowMs / BUCKETS
    const passed = Math.floor((performance.now() - this.#bucketSince) / bucketMs)
    if (passed === 0) return
    this.#bucketSince += passed * bucketMs
    this.#turn(Math.min(passed, BUCKETS))
  }

  #turn(buckets: number): void {
    for (let i = 0; i < buckets; i++) this.#window.emit('rotate')
  }

  #state(): CircuitState {
    if (this.#breaker.closed) return 'closed'
    return this.#breaker.halfOpen ? 'half_open' : 'open'
  }
}
