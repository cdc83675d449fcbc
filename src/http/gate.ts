import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditRecord } from '../core/audit.ts'
import { decide } from '../core/decide.ts'
import type { Clock, Counters } from '../core/ports.ts'
import { type Refuse, refuse } from '../core/verdict.ts'
import { type Act, act, actLater, breakDown } from './act.ts'
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
import { refuseLate } from './forward.ts'
import { type Admitted, ALLOW, isAdmitted, judgeAtDoor, type Knock } from './front-door.ts'
import { knockOf } from './knock.ts'
import { refusalFor, refuseRaw } from './malformed.ts'
import { newRequestId } from './request-id.ts'
import { upgrade } from './websocket-upgrade.ts'

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
   * Serves a request: the listener of Node's own server. Fastify has nothing to do for one that is no upgrade, and its
   * router, hooks and two objects for each request cost more than two of the checks.
   */
  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = connectionOf(request.socket)
    if (connection.isAtItsEnd) return
    this.#see(this.#begin(request, response, connection), connection, request.url ?? '', act)
  }

  /** Fastify's onRequest hook, which http-proxy has run for each upgrade: only those that the upstream takes go on to it. */
  readonly judgeUpgrade = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const connection = connectionOf(request.raw.socket)
    if (connection.isAtItsEnd) {
      reply.hijack()
      return
    }
    const exchange = this.#begin(request.raw, reply.raw, connection)
    request.exchange = exchange
    this.#see(exchange, connection, request.originalUrl, (_, ending) => {
      if (ending === null) {
        upgrade(exchange, done)
        return
      }
      reply.hijack()
      act(exchange, ending)
    })
  }

  /** Fastify's error handler: an unexpected error refuses, and says nothing of itself. */
  readonly fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const connection = connectionOf(request.raw.socket)
    reply.hijack()
    breakDown(request.exchange ?? this.#begin(request.raw, reply.raw, connection), error)
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

  /** Judges the request, and acts on what comes of it: at once, where no check has to wait. */
  #see(exchange: Exchange, connection: Connection, target: string, actOn: Act): void {
    try {
      const verdict = this.#judge(exchange, connection, target)
      if (verdict instanceof Promise) void actLater(exchange, verdict, actOn)
      else actOn(exchange, verdict)
    } catch (error) {
      breakDown(exchange, error)
    }
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
}

/** Refuses before anything is allocated for the request. */
function shed(exchange: Exchange): Refuse {
  exchange.outcome = 'refuse'
  return OVERLOADED
}
