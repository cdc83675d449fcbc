import { UpstreamFailure } from '../../core/upstream.ts'
import { Connection, TICK_MS } from './connection.ts'
import { type Dial, diallerOf, type OriginSettings } from './dial.ts'
import type { Exchange, Place } from './exchange.ts'

export interface OriginStats {
  readonly origin: string
  /** Open connections. */
  readonly connected: number
  /** Requests under way. */
  readonly active: number
  /** Requests that wait for a place. */
  readonly waiting: number
}

/** Connections to one origin, and requests under way there. */
export const MAX_CONNECTIONS = 256
/** Requests that may wait for one of those to end. */
export const MAX_WAITING = 1024
/** An origin that could not be dialled is passed over for this long while others can be. */
const REST_MS = 2000

/** The connections to one origin, and the line of those who wait for one. */
export class Origin implements Place {
  readonly #settings: OriginSettings
  readonly #dial: Dial
  /** Opened as they are needed. */
  readonly #connections: Connection[] = []
  /** Those without a request, the latest last: it is the likeliest to be open, and the rest can fall asleep. */
  readonly #idle: Connection[] = []
  #clock: NodeJS.Timeout | null = null
  /** Those that go out on a used connection at the end of this turn of the event loop. */
  readonly #departing: Exchange[] = []
  readonly #waiting = new Map<Exchange, NodeJS.Timeout>()
  #active = 0
  #isRetired = false
  #isClosed = false
  #restsUntil = 0

  constructor(settings: OriginSettings) {
    this.#settings = settings
    this.#dial = this.#dialler()
  }

  /** Gives the exchange a place, now or when one is free. */
  enter(exchange: Exchange): void {
    // Its client may have left already.
    if (exchange.isOver) return
    if (this.#active < MAX_CONNECTIONS) this.#dispatch(exchange)
    else if (this.#waiting.size < MAX_WAITING) this.#wait(exchange)
    else exchange.abort(busy('too many requests wait for the upstream'))
  }

  leave(exchange: Exchange): void {
    const timer = this.#waiting.size === 0 ? undefined : this.#waiting.get(exchange)
    if (timer !== undefined) {
      clearTimeout(timer)
      this.#waiting.delete(exchange)
    } else if (exchange.connection !== null) {
      this.#active--
      // A closed one last: it costs a dial.
      if (exchange.connection.isOpen) this.#idle.push(exchange.connection)
      else this.#idle.unshift(exchange.connection)
      this.#admitNext()
    }
    this.#closeIfDone()
  }

  /** Whether it could not be dialled a moment ago. */
  isResting(): boolean {
    return this.#restsUntil !== 0 && performance.now() < this.#restsUntil
  }

  /** Closes the pool as soon as nothing needs it. */
  retire(): void {
    this.#isRetired = true
    this.#closeIfDone()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Ends everything at once; what is under way fails with `draining`. */
  destroy(): void {
    const failure = new UpstreamFailure('draining', 'the gate is shutting down')
    for (const exchange of [...this.#waiting.keys()]) exchange.abort(failure)
    for (const exchange of this.#departing.splice(0)) exchange.fail(failure)
    this.#isClosed = true
    for (const connection of this.#connections) connection.abort(failure)
  }

  stats(): OriginStats {
    const connected = this.#connections.filter(({ isOpen }) => isOpen).length
    return { origin: this.#settings.url, connected, active: this.#active, waiting: this.#waiting.size }
  }

  #dispatch(exchange: Exchange): void {
    this.#active++
    this.#clock ??= setInterval(() => this.#tick(), TICK_MS).unref()
    const connection = this.#idle.pop() ?? this.#open()
    exchange.handTo(connection)
    if (connection.isOpen) this.#depart(exchange)
    else connection.send(exchange)
  }

  /**
   * Bytes that nobody asked for, or the end of the connection, may have been read in this very turn of the event loop and
   * be told of only after the request that would go out on it now: so it goes out at the end of the turn (the attack of
   * GHSA-35p6-xmwp-9g52), with all the others of the turn.
   */
  #depart(exchange: Exchange): void {
    if (this.#departing.length === 0) setImmediate(this.#sendDeparting)
    this.#departing.push(exchange)
  }

  readonly #sendDeparting = (): void => {
    for (const exchange of this.#departing.splice(0)) exchange.connection?.send(exchange)
  }

  #open(): Connection {
    const connection = new Connection(this.#dial)
    this.#connections.push(connection)
    return connection
  }

  /** One timer for the silences of all connections; none while there is no connection. */
  #tick(): void {
    for (const connection of this.#connections) connection.tick()
    if (this.#clock === null || this.#active > 0 || this.#connections.some(({ isOpen }) => isOpen)) return
    clearInterval(this.#clock)
    this.#clock = null
  }

  #wait(exchange: Exchange): void {
    const giveUp = (): void => exchange.abort(busy('no connection to the upstream became free in time'))
    this.#waiting.set(exchange, setTimeout(giveUp, this.#settings.connectMs))
  }

  #admitNext(): void {
    const [next] = this.#waiting
    if (next === undefined) return
    const [exchange, timer] = next
    clearTimeout(timer)
    this.#waiting.delete(exchange)
    this.#dispatch(exchange)
  }

  #closeIfDone(): void {
    if (this.#isRetired && this.#active === 0 && this.#waiting.size === 0 && !this.isClosed) {
      this.#isClosed = true
      for (const connection of this.#connections) connection.close()
    }
  }

  /** Remembers whether it could be dialled. */
  #dialler(): Dial {
    const dial = diallerOf(this.#settings)
    return (dialler) =>
      dial({
        onBytes: (bytes) => dialler.onBytes(bytes),
        onOpen: (socket) => {
          this.#restsUntil = 0
          dialler.onOpen(socket)
        },
        onFailure: (failure) => {
          this.#restsUntil = performance.now() + REST_MS
          dialler.onFailure(failure)
        },
      })
  }
}

function busy(why: string): UpstreamFailure {
  return new UpstreamFailure('overloaded', why, { retryAfterS: 1 })
}
