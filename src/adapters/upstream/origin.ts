import { buildConnector, Client, type Dispatcher } from 'undici'
import type { Upstream } from '../../core/policy.ts'
import { UpstreamFailure } from '../../core/upstream.ts'
import { hearEarlyReply } from './early-reply.ts'
import type { Exchange, Place } from './exchange.ts'
import { ignoreContinue } from './stray-continue.ts'

/** What one origin's connections depend on; a change of any of it is another pool. */
export interface OriginSettings {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  readonly tls: Upstream['tls']
  readonly connectMs: number
}

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
const MAX_HEADER_BYTES = 65_536
/** Idle connections are closed after this, or 2 s before the upstream's own `keep-alive: timeout`. */
const KEEP_ALIVE_MS = 4000
const MAX_KEEP_ALIVE_MS = 60_000
/** An origin that could not be dialled is passed over for this long while others can be. */
const REST_MS = 2000

/** The connections to one origin, and the line of those who wait for one. */
export class Origin implements Place {
  readonly #settings: OriginSettings
  readonly #hostname: string
  readonly #connect: buildConnector.connector
  /** One a connection, opened as they are needed. */
  readonly #clients: Client[] = []
  /** Those without a request, the latest last: it is the likeliest to be open, and the rest can fall asleep. */
  readonly #idle: Dispatcher[] = []
  readonly #waiting = new Map<Exchange, NodeJS.Timeout>()
  #active = 0
  #isRetired = false
  #isClosed = false
  #restsUntil = 0

  constructor(settings: OriginSettings) {
    this.#settings = settings
    this.#hostname = new URL(settings.url).hostname
    this.#connect = this.#connector()
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
    const timer = this.#waiting.get(exchange)
    if (timer !== undefined) {
      clearTimeout(timer)
      this.#waiting.delete(exchange)
    } else if (exchange.dispatcher !== null) {
      this.#active--
      this.#idle.push(exchange.dispatcher)
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
  async destroy(): Promise<void> {
    const failure = new UpstreamFailure('draining', 'the gate is shutting down')
    for (const exchange of [...this.#waiting.keys()]) exchange.abort(failure)
    this.#isClosed = true
    await Promise.all(this.#clients.map((client) => client.destroy(failure)))
  }

  stats(): OriginStats {
    const connected = this.#clients.filter(({ stats }) => stats.connected).length
    return { origin: this.#settings.url, connected, active: this.#active, waiting: this.#waiting.size }
  }

  #dispatch(exchange: Exchange): void {
    this.#active++
    exchange.dispatch(this.#idle.pop() ?? this.#open(), this.#hostname)
  }

  /** undici's own pool looks through all its connections for a free one, at every request. */
  #open(): Client {
    const client = new Client(this.#settings.url, {
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      connect: this.#connect,
    })
    this.#clients.push(client)
    return client
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
      for (const client of this.#clients) client.close(() => undefined)
    }
  }

  /** Names the upstream in TLS by the policy, never by the Host header: what is verified must be what was meant. */
  #connector(): buildConnector.connector {
    const { tls, connectMs } = this.#settings
    const connect = buildConnector({
      timeout: connectMs,
      allowH2: false,
      rejectUnauthorized: tls.verify,
      ...(tls.ca === null ? {} : { ca: tls.ca }),
    })
    return (options, callback) => {
      const { servername: _fromHostHeader, ...rest } = options
      const named = tls.serverName === null ? rest : { ...rest, servername: tls.serverName }
      connect(named, (...[error, socket]) => {
        this.#restsUntil = error === null ? 0 : performance.now() + REST_MS
        if (error !== null) {
          callback(error, null)
          return
        }
        ignoreContinue(socket)
        hearEarlyReply(socket)
        socket.on('error', tellReset)
        callback(null, socket)
      })
    }
  }
}

/**
 * undici takes a reset for the end of a reply that only the end of the connection ends, or that announced it: what was
 * cut would look whole. It looks for this code, and its listener comes behind ours.
 */
function tellReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET'
}

function busy(why: string): UpstreamFailure {
  return new UpstreamFailure('overloaded', why, { retryAfterS: 1 })
}
