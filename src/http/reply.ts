import type { ServerResponse } from 'node:http'
import { CODES, type Code } from '../core/codes.ts'
import { ownReplyFields, replyFields } from '../core/headers.ts'
import { replyPlanOf } from '../core/mode.ts'
import { type ResponseBody, type Sink, UpstreamFailure, type UpstreamResponse } from '../core/upstream.ts'
import type { Reply } from '../core/verdict.ts'
import { type Exchange, isUpgrading } from './exchange.ts'
import { problemBody, problemFields } from './refusal.ts'
import { cutReader } from './stalled.ts'

/** More than this of an unread body is not worth reading for the sake of the connection. */
const MAX_DRAINED_BYTES = 64 * 1024

/** A small body that is there at once goes out in one write with its head. */
const MAX_JOINED_BYTES = 16 * 1024

/** Answers with a refusal; the client learns the code's title and nothing else. */
export function replyRefusal(exchange: Exchange, code: Code, fields: readonly string[]): void {
  const body = problemBody(code, exchange.arrival.id, exchange.arrival.atMs, retryAfterOf(fields))
  replyOwn(exchange, { status: CODES[code].status, headers: [...fields, ...problemFields(body)], body })
}

/** Answers without an upstream. */
export function replyOwn(exchange: Exchange, reply: Reply): void {
  const { response, decision, live } = exchange
  const plan = decision?.route == null ? live.policy.reply : replyPlanOf(decision.route, decision)
  const fields =
    decision === null
      ? [...reply.headers, ...plan.set, 'x-request-id', exchange.arrival.id]
      : ownReplyFields(decision, plan, reply.headers)
  if (!mayReuse(exchange)) response.shouldKeepAlive = false
  response.writeHead(reply.status, fields)
  const isHead = exchange.request.method === 'HEAD'
  exchange.bytesOut = isHead ? 0 : Buffer.byteLength(reply.body)
  response.end(isHead ? undefined : reply.body)
}

/**
 * Hands the upstream's reply to the client as it comes.
 * @throws when the head cannot be written, e.g. for a control character in a field
 */
export function replyFromUpstream(exchange: Exchange, upstream: UpstreamResponse): void {
  const { response, decision } = exchange
  if (decision?.route == null) throw new Error('a reply without a route')
  const plan = replyPlanOf(decision.route, decision)
  const fields = replyFields(decision, upstream.headers, plan)
  if (!exchange.request.complete || exchange.bounds.isDraining()) response.shouldKeepAlive = false
  response.writeHead(upstream.status, upstream.statusText, fields)
  const sink = new ReplySink(exchange, upstream.body, plan.drop)
  upstream.body.attach(sink)
  sink.startStreaming()
}

/** Whether the connection is in a state in which another request can follow. */
function mayReuse(exchange: Exchange): boolean {
  if (exchange.outcome === 'malformed' || exchange.continueOwed || isUpgrading(exchange.request)) return false
  if (exchange.bodyFailure !== null || exchange.bounds.isDraining()) return false
  return exchange.request.complete || (exchange.bodyBytes ?? Number.POSITIVE_INFINITY) <= MAX_DRAINED_BYTES
}

function retryAfterOf(fields: readonly string[]): number {
  const at = fields.indexOf('retry-after')
  return at === -1 ? 0 : Number(fields[at + 1])
}

/** The client's end of a reply: counts, waits for a slow reader and cuts one that stands still. */
class ReplySink implements Sink {
  readonly #exchange: Exchange
  readonly #response: ServerResponse
  readonly #source: ResponseBody
  /** Lower-case names that a trailer must not bring back either. */
  readonly #dropped: ReadonlySet<string>
  #stalled: NodeJS.Timeout | undefined
  #streaming = false
  /** The first chunk of a reply that may turn out to be all of it. */
  #held: Uint8Array | null = null

  constructor(exchange: Exchange, source: ResponseBody, dropped: ReadonlySet<string>) {
    this.#exchange = exchange
    this.#response = exchange.response
    this.#source = source
    this.#dropped = dropped
  }

  write(chunk: Uint8Array): boolean {
    this.#exchange.bytesOut += chunk.length
    if (this.#streaming) return this.#write(chunk)
    if (this.#held === null) {
      this.#held = chunk
      return true
    }
    this.startStreaming()
    return this.#write(chunk)
  }

  /** The body did not come whole with its head: from now on every chunk is written as it comes. */
  startStreaming(): void {
    this.#streaming = true
    const held = this.#held
    this.#held = null
    if (held !== null) this.#write(held)
    else if (!this.#response.writableEnded) this.#response.flushHeaders()
  }

  #write(chunk: Uint8Array): boolean {
    if (this.#response.write(chunk)) return true
    // Two chunks may come before the source has paused: one clock is enough, and a lost one would cut a reader that reads.
    this.#stop()
    this.#stalled = setTimeout(this.#cutOff, this.#exchange.bounds.idleMs)
    this.#response.once('drain', this.#goOn)
    this.#response.once('close', this.#stop)
    return false
  }

  end(trailers: readonly string[]): void {
    if (trailers.length > 0 && this.#response.chunkedEncoding) {
      this.#response.addTrailers(pairs(trailers).filter(([name]) => !this.#dropped.has(name.toLowerCase())))
    }
    const held = this.#held
    this.#held = null
    if (held === null) this.#response.end()
    else if (held.length > MAX_JOINED_BYTES) this.#response.end(held)
    else this.#response.end(latin1(held), 'latin1')
  }

  /** What was sent is not the whole: the client must see a cut, never a reply that looks complete. */
  fail(error: Error): void {
    this.#exchange.failed(
      error instanceof UpstreamFailure ? error.code : 'upstream_reply_invalid',
      error.message,
    )
    this.#response.destroy()
  }

  readonly #goOn = (): void => {
    this.#stop()
    this.#source.resume()
  }

  readonly #stop = (): void => {
    clearTimeout(this.#stalled)
    this.#response.off('drain', this.#goOn)
    this.#response.off('close', this.#stop)
  }

  /** A reader that takes nothing holds a connection to the upstream for as long as it likes. */
  readonly #cutOff = (): void => {
    this.#exchange.failed('client_closed', `the client read nothing for ${this.#exchange.bounds.idleMs} ms`)
    if (this.#response.socket !== null) cutReader(this.#response.socket)
    this.#response.destroy()
  }
}

/** One character a byte, so nothing is lost. Node joins a string, but not a buffer, with the head into one write. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function pairs(flat: readonly string[]): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1] as string])
  return out
}
