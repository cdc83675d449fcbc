import { type IncomingMessage, ServerResponse } from 'node:http'
import type { AuditOutcome, AuditRecord } from '../core/audit.ts'
import type { Code } from '../core/codes.ts'
import { fieldsNamed } from '../core/headers.ts'
import type { Decision, Policy, Route } from '../core/policy.ts'
import type { Body, Clock } from '../core/ports.ts'
import type { ByteStream, Send } from '../core/upstream.ts'
import type { Refuse } from '../core/verdict.ts'
import type { Arrival } from './facts-of.ts'
import { judgedOf } from './judged.ts'
import { BodyFailure, RequestBody, readBody } from './request-body.ts'

/** The policy that is in force, and the ways to its upstreams. */
export interface Live {
  readonly policy: Policy
  readonly sendOf: (route: Route) => Send
}

/** What every request needs to know of the server it came to. */
export interface Bounds {
  readonly maxHeaders: number
  readonly maxTargetBytes: number
  /** Longest silence of a client that sends or reads a body. */
  readonly idleMs: number
}

/** The same, and what changes while a request is under way. */
export interface Surroundings extends Bounds {
  readonly isDraining: () => boolean
}

const NO_FIELDS: readonly string[] = Object.freeze([])
const SWITCHED = 101
const KNOWS_INFORMATION = 'writeInformation' in ServerResponse.prototype

/**
 * One request and its reply, from the socket to the audit line. It keeps what happened; gate.ts, forward.ts and
 * reply.ts do things.
 */
export class Exchange implements Body, Clock {
  readonly arrival: Arrival
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly live: Live
  readonly bounds: Surroundings
  readonly #startedAt = performance.now()
  decision: Decision | null = null
  outcome: AuditOutcome = 'malformed'
  /** Declared length; null when it is not declared. */
  bodyBytes: number | null = null
  bytesOut = 0
  /** The reply is out, or the socket is gone. */
  over = false
  /** The connection speaks WebSocket now. */
  switched = false
  /** Its number among the decisions of the process. */
  #seq = 0
  #judgedAtMs = 0
  #code: Code | null = null
  #why: string | null = null
  #retries = 0
  #gateMs = -1
  #askedAt = 0
  #upstreamMs: number | null = null
  #body: RequestBody | null = null
  #wholeBody: Uint8Array | null = null
  #continueOwed: boolean
  #abortUpstream: ((reason: Error) => void) | null = null
  #aborted = false

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    arrival: Arrival,
    live: Live,
    bounds: Surroundings,
  ) {
    this.request = request
    this.response = response
    this.arrival = arrival
    this.live = live
    this.bounds = bounds
    this.#continueOwed = request.headers.expect !== undefined && request.httpVersionMinor === 1
  }

  admitted(bodyBytes: number | null): void {
    this.bodyBytes = bodyBytes
  }

  /** From here on `nowMs` stands still: all that is asked of one request is asked at one moment, which can be told. */
  judging(seq: number, atMs: number): void {
    this.#seq = seq
    this.#judgedAtMs = atMs
  }

  nowMs(): number {
    return this.#judgedAtMs
  }

  decided(decision: Decision): void {
    this.decision = decision
    this.outcome = decision.outcome
  }

  /** Asks a client that waits for leave (RFC 9110 10.1.1) to send its body: only once the body is wanted. */
  inviteBody(): void {
    if (!this.#continueOwed) return
    this.#continueOwed = false
    this.response.writeContinue()
  }

  /** A client that was never asked for its body may or may not send it: its connection cannot be used again. */
  get continueOwed(): boolean {
    return this.#continueOwed
  }

  async read(maxBytes: number): Promise<Uint8Array | null> {
    this.#wholeBody ??= await readBody(this.#openBody(), maxBytes)
    return this.#wholeBody
  }

  /** The body for the upstream: nothing, what a check has read, or the stream. */
  bodyForUpstream(maxBytes: number | null): ByteStream | Uint8Array | null {
    if (this.#wholeBody !== null) return this.#wholeBody
    if (this.bodyBytes === 0) return null
    const body = this.#openBody()
    if (maxBytes !== null) body.bound(maxBytes)
    return body
  }

  /** @throws BodyFailure when it is over: nothing would ever tell the reader so */
  #openBody(): RequestBody {
    if (this.over) throw new BodyFailure('client_closed', 'the client left before its body was read')
    this.inviteBody()
    this.#body ??= new RequestBody(this.request, Number.POSITIVE_INFINITY, this.bounds.idleMs)
    return this.#body
  }

  /** The client's own failing while it sent the body, if any. */
  get bodyFailure() {
    return this.#body?.failure ?? null
  }

  upstreamAsked(): void {
    this.#askedAt = performance.now()
    this.#gateMs = this.#askedAt - this.#startedAt
  }

  upstreamAnswered(): void {
    this.#upstreamMs = performance.now() - this.#askedAt
  }

  readonly onAbort = (abort: (reason: Error) => void): void => {
    this.#abortUpstream = abort
  }

  readonly retried = (): void => {
    this.#retries += 1
  }

  /** Hands an interim response on (RFC 9110 15.2); Early Hints without a link would mean nothing. */
  readonly inform = (status: number, headers: readonly string[]): void => {
    if (this.response.headersSent) return
    if (status === 102) this.response.writeProcessing()
    const links = status === 103 ? fieldsNamed('link', headers) : NO_FIELDS
    // writeEarlyHints throws on most Link fields that are in use; Node below 26.2 has nothing else, and hints can be lost.
    if (links.length > 0 && KNOWS_INFORMATION) this.response.writeInformation(status, links)
  }

  /** The socket is gone or the reply is out. Whatever is under way behind it ends. */
  close(): void {
    this.over = true
    // Answered before its end, it would wait for its next bytes, which nobody wants.
    this.#body?.destroy()
    if (this.switched) {
      this.bytesOut = this.request.socket.bytesWritten
      return
    }
    if (this.response.writableFinished) return
    this.#aborted = this.#code === null || this.#code === 'client_closed'
    this.#abortUpstream?.(new Error('the client left'))
  }

  /** Ends a request whose client broke HTTP in the middle of it. */
  breakOff(refusal: Refuse, refuseWith: (exchange: Exchange, code: Code, why: string) => void): void {
    this.outcome = 'malformed'
    this.#abortUpstream?.(new Error(refusal.why))
    refuseWith(this, refusal.code, refusal.why)
  }

  /** What the operator is told went wrong; the first cause stays. */
  failed(code: Code, why: string): void {
    this.#code ??= code
    this.#why ??= why
  }

  /** What is told of this request, once it is over. @param lastSeq number of the last decision until now */
  record(lastSeq: number): AuditRecord {
    const durationMs = performance.now() - this.#startedAt
    const waitedMs = this.#judgedAtMs - this.arrival.atMs
    const order = { seq: this.#seq, during: lastSeq - this.#seq, waitedMs }
    const judged = judgedOf(this.decision, this.arrival.peer, this.live.policy, order)
    return {
      id: this.arrival.id,
      atMs: this.arrival.atMs,
      method: this.request.method ?? null,
      route: judged.route,
      path: judged.path,
      client: judged.client,
      principal: judged.principal,
      trail: judged.trail,
      warnings: judged.warnings,
      outcome: this.outcome,
      code: this.#code ?? (this.#aborted ? 'client_closed' : null),
      why: this.#why,
      status: this.#status(),
      bytesIn: this.#body?.bytes ?? 0,
      bytesOut: this.bytesOut,
      durationMs,
      gateMs: this.#gateMs === -1 ? durationMs : this.#gateMs,
      upstreamMs: this.#upstreamMs,
      upstream: this.#askedAt === 0 ? null : judged.upstream,
      retries: this.#retries,
      aborted: this.#aborted,
      policy: this.live.policy.hash,
      basis: judged.basis,
    }
  }

  #status(): number {
    if (this.switched) return SWITCHED
    return this.response.headersSent ? this.response.statusCode : 0
  }
}

/** Node marks requests whose socket it has handed over, and does not document the mark. */
export function isUpgrading(request: IncomingMessage): boolean {
  return 'upgrade' in request && request.upgrade === true
}

/** An upgrade that was asked for, and is not done. */
export function declinesUpgrade(request: IncomingMessage): boolean {
  const { upgrade, connection } = request.headers
  return upgrade !== undefined && !isUpgrading(request) && /upgrade/i.test(connection ?? '')
}
