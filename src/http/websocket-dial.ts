import { createHash, randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { addressOf, tlsOptions } from '../adapters/upstream/address.ts'
import { failureOf, type Stage } from '../adapters/upstream/failure.ts'
import { fieldsNamed } from '../core/headers.ts'
import type { Upstream } from '../core/policy.ts'
import { UpstreamFailure } from '../core/upstream.ts'

/** What an upstream is asked. */
export interface Asking {
  readonly upstream: Upstream
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  readonly target: string
  /** Flat: what any request would be sent. */
  readonly fields: readonly string[]
}

/** A connection that speaks WebSocket. */
export interface Opened {
  readonly socket: Socket
  /** What the upstream has said behind its handshake. */
  readonly head: Buffer
  /** The subprotocol it has chosen of the client's. */
  readonly protocol: string | null
}

/** What may come of it: one of these is called, once, unless it is abandoned before. */
export interface Answered {
  readonly opened: (opened: Opened) => void
  /** It does not switch, and says so in HTTP. Whoever takes the message ends it. */
  readonly replied: (message: IncomingMessage) => void
  readonly failed: (failure: UpstreamFailure) => void
}

/** RFC 6455 1.3. */
const HANDSHAKE_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const KEY_BYTES = 16
/** As of any other reply. */
const MAX_HEAD_BYTES = 65_536
/** A client's copies of these would be of another handshake; what it may choose from is passed on. */
const HANDSHAKE_PREFIX = 'sec-websocket-'
const PROTOCOL_FIELD = 'sec-websocket-protocol'
const SWITCHING: ReadonlySet<string> = new Set(['connection', 'upgrade'])

/** RFC 6455 4.2.2: what a server that understands the handshake makes of its key. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}${HANDSHAKE_SALT}`).digest('base64')
}

/** One handshake with an upstream: a connection of its own, within the upstream's `timeout`. */
export class Handshake {
  readonly #asking: Asking
  readonly #answered: Answered
  readonly #key = randomBytes(KEY_BYTES).toString('base64')
  readonly #request: ClientRequest
  #stage: Stage = 'dialling'
  #timer: NodeJS.Timeout
  #isOver = false

  /** @throws for a request that cannot be written */
  constructor(asking: Asking, answered: Answered) {
    this.#asking = asking
    this.#answered = answered
    const { connectMs } = asking.upstream.timeout
    this.#timer = setTimeout(() => this.#late(`no connection within ${connectMs} ms`), connectMs)
    try {
      this.#request = this.#send()
    } catch (error) {
      clearTimeout(this.#timer)
      throw error
    }
  }

  /** Nobody wants it any more: nothing is told, and nothing stays open. */
  abandon(): void {
    this.#end()
    this.#request.destroy()
  }

  #send(): ClientRequest {
    const { origin, upstream, target, fields } = this.#asking
    const request = sendRequest({
      createConnection: () => connect(origin, upstream.tls, () => this.#connected()),
      path: target,
      headers: handshakeFields(fields, this.#key),
      maxHeaderSize: MAX_HEAD_BYTES,
      insecureHTTPParser: false,
    })
    request.on('error', (error) => this.#fail(failureOf(error, stageOf(error, this.#stage))))
    request.on('upgrade', (message, socket, head) => this.#switched(message, socket as Socket, head))
    request.on('response', (message) => this.#replied(message))
    request.end()
    return request
  }

  #connected(): void {
    if (this.#isOver) return
    this.#stage = 'sent'
    clearTimeout(this.#timer)
    const { responseMs } = this.#asking.upstream.timeout
    this.#timer = setTimeout(() => this.#late(`no reply for ${responseMs} ms`), responseMs)
  }

  #switched(message: IncomingMessage, socket: Socket, head: Buffer): void {
    // Nobody listens to it until somebody takes it, and an error would end the process.
    socket.on('error', () => undefined)
    const flaw = this.#flawOf(message)
    if (this.#isOver || flaw !== null) {
      socket.destroy()
      this.#fail(new UpstreamFailure('upstream_reply_invalid', `the WebSocket handshake: ${flaw}`))
      return
    }
    this.#end()
    this.#answered.opened({ socket, head, protocol: message.headers[PROTOCOL_FIELD] ?? null })
  }

  #replied(message: IncomingMessage): void {
    if (this.#isOver) return
    this.#end()
    this.#answered.replied(message)
  }

  /** RFC 6455 4.1: what must not be taken for a yes. */
  #flawOf({ headers }: IncomingMessage): string | null {
    if (headers.upgrade?.toLowerCase() !== 'websocket') return 'it switches to another protocol'
    if (headers['sec-websocket-accept'] !== acceptFor(this.#key)) return 'Sec-WebSocket-Accept is wrong'
    if (headers['sec-websocket-extensions'] !== undefined) return 'it uses extensions that were not asked for'
    const protocol = headers[PROTOCOL_FIELD]
    const wasOffered = protocol === undefined || offeredIn(this.#asking.fields).includes(protocol)
    return wasOffered ? null : 'it chooses a subprotocol that was not offered'
  }

  #late(why: string): void {
    this.#fail(new UpstreamFailure('upstream_timeout', `${this.#stage}: ${why}`))
    this.#request.destroy()
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#isOver) return
    this.#end()
    this.#answered.failed(failure)
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }
}

/** Bytes that are no HTTP came from an upstream that can be reached. */
function stageOf(error: NodeJS.ErrnoException, stage: Stage): Stage {
  return error.code?.startsWith('HPE_') === true ? 'answering' : stage
}

function connect(origin: string, tls: Upstream['tls'], connected: () => void): Socket {
  const { address, isTls } = addressOf(origin)
  return isTls ? connectTls(tlsOptions(address, tls), connected) : connectTcp(address, connected)
}

function handshakeFields(fields: readonly string[], key: string): string[] {
  const out: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const lower = (fields[i] as string).toLowerCase()
    const isOurs = SWITCHING.has(lower) || (lower.startsWith(HANDSHAKE_PREFIX) && lower !== PROTOCOL_FIELD)
    if (!isOurs) out.push(fields[i] as string, fields[i + 1] as string)
  }
  out.push('connection', 'Upgrade', 'upgrade', 'websocket')
  out.push('sec-websocket-version', '13', 'sec-websocket-key', key)
  return out
}

function offeredIn(fields: readonly string[]): string[] {
  const found = fieldsNamed(PROTOCOL_FIELD, fields)
  const lists = found.filter((_, i) => i % 2 === 1)
  return lists.flatMap((list) => list.split(',')).map((name) => name.trim())
}
