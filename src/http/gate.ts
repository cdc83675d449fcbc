import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditRecord } from '../core/audit.ts'
import { decide } from '../core/decide.ts'
import type { Clock, Counters } from '../core/ports.ts'
import { type Refuse, refuse } from '../core/verdict.ts'
import { type Connection, connectionOf, UNKNOWN_PEER } from './connection.ts'
import { conclude, type Ending, releasePlaces } from './ending.ts'
import {
  type Bounds,
  declinesUpgrade,
  Exchange,
  isUpgrading,
  type Live,
  type Surroundings,
} from './exchange.ts'
import { factsOf } from './facts-of.ts'
import { forward, refuseLate } from './forward.ts'
import { type Admitted, ALLOW, isAdmitted, judgeAtDoor, type Knock } from './front-door.ts'
import { knockOf } from './knock.ts'
import { refusalFor, refuseRaw } from './malformed.ts'
import { replyOwn } from './reply.ts'
import { newRequestId } from './request-id.ts'
import { prepareUpgrade } from './websocket.ts'

/** How near the process is to the memory it may take: all is well, keep no connection alive, refuse. */
export type Pressure = 'ok' | 'shed_keepalive' | 'refuse'

/** What the gate is given by whoever wires it. */
export interface GateParts {
  /** The policy in force; a request keeps the one it started with. */
  readonly live: () => Live
  readonly clock: Clock
  readonly counters: Counters
  readonly bounds: Bounds
  /** Told of each request once it is over; must not throw. */
  readonly record: (record: AuditRecord) => void
  /** True from SIGTERM on: replies end their connections. */
  readonly isDraining: () => boolean
  readonly pressure: () => Pressure
}

const OVERLOADED = refuse('overloaded', 'the process is near server.max_memory', ['retry-after', '5'])

/** The client ended its side in the middle of a message. */
const END_OF_BYTES = 'HPE_INVALID_EOF_STATE'

/** Judges requests and sees each of them to its end. */
export class Gate {
  readonly #parts: GateParts
  readonly #surroundings: Surroundings
  #inFlight = 0
  #decisions = 0

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#surroundings = { ...parts.bounds, isDraining: parts.isDraining }
  }

  /** Requests that have come and are not over. */
  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * Fastify's onRequest hook. Only upgrades with a permit go on to http-proxy; what is forwarded otherwise goes its own
   * way from here, since http-proxy's handler would work out a destination of its own for nothing, at a tenth of the cost.
   */
  readonly judge = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const connection = connectionOf(request.raw.socket)
    if (connection.isAtItsEnd) {
      reply.hijack()
      return
    }
    const exchange = this.#begin(request.raw, reply.raw, connection)
    request.exchange = exchange
    try {
      const verdict = this.#judge(exchange, connection, request.originalUrl)
      if (verdict instanceof Promise) void this.#actLater(verdict, exchange, reply, done)
      else act(verdict, exchange, reply, done)
    } catch (error) {
      breakDown(exchange, reply, error)
    }
  }

  /** Fastify's error handler: an unexpected error refuses, and says nothing of itself. */
  readonly fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const connection = connectionOf(request.raw.socket)
    const exchange = request.exchange ?? this.#begin(request.raw, reply.raw, connection)
    reply.hijack()
    // The first word of HTTP/2: Node's parser knows it and does not list it, so Fastify has no route for it.
    if (request.method === 'PRI') refuseLate(exchange, 'method_unsupported', 'method PRI', ALLOW)
    else breakDown(exchange, reply, error)
  }

  /** Bytes that are no HTTP, instead of a request or in the middle of one. */
  malformed(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = connectionOf(socket)
    // The parser complains again about each piece that was on its way.
    if (connection.isBroken) return
    connection.isBroken = true
    const refusal = socket.bytesRead === 0 ? null : refusalFor(error)
    const exchange = connection.latest
    // The rest of a request that has its reply and its audit line needs no others.
    if (refusal === null || connection.cutShort?.complete === false) socket.destroy()
    else if (exchange === null) this.#refuseRaw(socket, refusal)
    else if (exchange.request.complete) {
      // The request before is sound, and is owed its reply first.
      exchange.response.once('close', () => this.#refuseRaw(socket, refusal))
    } else if (error.code === END_OF_BYTES) socket.destroy()
    else exchange.breakOff(refusal, refuseLate)
  }

  /**
   * Notes who is there while the socket still tells: one that is reset right behind its request has no address any
   * more when that is read, and would pass every address list and limit as nobody.
   */
  greet(socket: Socket): void {
    // Node takes its own listener off a socket that it hands over, and a reset would then end the process.
    socket.on('error', () => undefined)
    if (connectionOf(socket).peer === UNKNOWN_PEER) socket.destroy()
  }

  /** Whether nothing of the connection's requests is left to be answered, nor was the last of them to be its end. */
  mayUpgrade(socket: Socket): boolean {
    const { latest, isAtItsEnd } = connectionOf(socket)
    return latest === null && !isAtItsEnd
  }

  /** CONNECT would make a tunnel past everything. */
  refuseTunnel(socket: Socket): void {
    this.#refuseRaw(socket, refuse('method_unsupported', 'method CONNECT', ALLOW))
    const connection = connectionOf(socket)
    // Node has let go of the socket, so a reply that waits behind another never learns that it is gone.
    socket.once('close', () => {
      for (const exchange of connection.queued) this.#end(exchange, connection)
    })
  }

  #refuseRaw(socket: Socket, refusal: Refuse): void {
    const { live, clock, record } = this.#parts
    record(refuseRaw(socket, refusal, connectionOf(socket).peer, clock.nowMs(), live().policy))
  }

  #begin(request: IncomingMessage, response: ServerResponse, connection: Connection): Exchange {
    const { live, clock, isDraining, pressure } = this.#parts
    const arrival = { id: newRequestId(), atMs: clock.nowMs(), peer: connection.peer }
    const exchange = new Exchange(request, response, arrival, live(), this.#surroundings)
    connection.latest = exchange
    if (response.socket === null) connection.queued.add(exchange)
    this.#inFlight += 1
    if (isDraining() || pressure() !== 'ok') response.shouldKeepAlive = false
    if (declinesUpgrade(request)) {
      // Node loses the bytes that came with such a request, so nobody can tell where the next one begins.
      connection.isAtItsEnd = true
      response.shouldKeepAlive = false
    }
    const lasting = isUpgrading(request) ? request.socket : response
    lasting.on('close', () => this.#end(exchange, connection))
    return exchange
  }

  #end(exchange: Exchange, connection: Connection): void {
    if (exchange.over) return
    if (connection.latest === exchange) connection.latest = null
    if (!exchange.request.complete) connection.cutShort = exchange.request
    connection.queued.delete(exchange)
    connection.turns.leave(exchange)
    this.#inFlight -= 1
    exchange.close()
    releasePlaces(exchange.decision, this.#parts.counters)
    this.#parts.record(exchange.record(this.#decisions))
  }

  /** @returns what ends the request here, or null when it may go on */
  #judge(exchange: Exchange, connection: Connection, target: string): Ending | Promise<Ending> {
    const { live, bounds, request } = exchange
    const knock = knockOf(request, target)
    const admitted = judgeAtDoor(knock, bounds, live.policy)
    if (!isAdmitted(admitted)) {
      connection.isAtItsEnd ||= admitted.kind === 'refuse'
      return admitted
    }
    exchange.admitted(admitted.bodyBytes)
    const turn = connection.turns.take(exchange)
    const { clock } = this.#parts
    return turn === null
      ? this.#decide(exchange, knock, admitted, exchange.arrival.atMs)
      : turn.then(() => this.#decide(exchange, knock, admitted, clock.nowMs()))
  }

  #decide(exchange: Exchange, knock: Knock, admitted: Admitted, nowMs: number): Ending | Promise<Ending> {
    const { live } = exchange
    if (this.#parts.pressure() === 'refuse') return shed(exchange)
    const facts = factsOf(knock, admitted, exchange.arrival, live.policy)
    const { counters } = this.#parts
    this.#decisions += 1
    exchange.judging(this.#decisions, nowMs)
    const decision = decide(live.policy, facts, { clock: exchange, counters, body: exchange })
    return decision instanceof Promise
      ? decision.then((made) => conclude(exchange, made, counters))
      : conclude(exchange, decision, counters)
  }

  async #actLater(pending: Promise<Ending>, exchange: Exchange, reply: FastifyReply, done: () => void) {
    try {
      const ending = await pending
      // Who has left meanwhile is owed nothing, and nothing is asked of the upstream for it.
      if (exchange.over) reply.hijack()
      else act(ending, exchange, reply, done)
    } catch (error) {
      breakDown(exchange, reply, error)
    }
  }
}

/** Refuses before anything is allocated for the request. */
function shed(exchange: Exchange): Refuse {
  exchange.outcome = 'refuse'
  return OVERLOADED
}

function act(ending: Ending, exchange: Exchange, reply: FastifyReply, done: () => void): void {
  if (ending === null && isUpgrading(exchange.request)) {
    prepareUpgrade(exchange)
    done()
    return
  }
  reply.hijack()
  if (ending === null) forwardWithPermit(exchange)
  else if (ending.kind === 'answer') replyOwn(exchange, ending.reply)
  else refuseLate(exchange, ending.code, ending.why, ending.headers)
}

function forwardWithPermit(exchange: Exchange): void {
  const { permit, route } = exchange.decision ?? {}
  if (permit == null || route == null) throw new Error('forwarding without a permit')
  void forward(exchange, route, permit)
}

/** An error of our own: it refuses, whatever it was. */
function breakDown(exchange: Exchange, reply: FastifyReply, error: unknown): void {
  reply.hijack()
  refuseLate(exchange, 'internal', error instanceof Error ? (error.stack ?? error.message) : String(error))
}
