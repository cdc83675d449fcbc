import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../config/compile-settings.ts'
import type { AuditRecord } from '../core/audit.ts'
import type { Code } from '../core/codes.ts'
import type { NamedCheck, Policy, Route } from '../core/policy.ts'
import type { Claim } from '../core/ports.ts'
import type { Verdict } from '../core/verdict.ts'
import { Gate } from '../http/gate.ts'
import { createDataServer, type DataServer } from '../http/server.ts'
import { type Got, type Sent, send } from './client.ts'
import { CountedCase } from './counted.ts'
import type { Counters, UpstreamSettings } from './schema.ts'
import { type Asked, startWebSocketStub, stubSend, type WebSocketStub } from './stub.ts'

/** One request, sent once or more often. */
export interface Turn {
  readonly sent: Sent
  readonly claim: Claim | undefined
  readonly repeat: number
}

/** What is put on the stage: a request, and what comes before it. */
export interface Scene extends Turn {
  readonly before: readonly Turn[]
  readonly atMs: number
  readonly counters: Counters
  readonly upstream: UpstreamSettings
}

/** A check that refused, by its place among those of its route. */
export interface Refusing {
  readonly index: number
  readonly code: Code
}

/** What came of the last request of a scene. */
export interface Seen extends Got {
  readonly outcome: 'forward' | 'refuse' | 'answer'
  readonly route: string | null
  readonly code: Code | null
  /** For the operator; never told to clients. */
  readonly why: string | null
  /** null: the API was not asked. */
  readonly upstream: Asked | null
  /** By the limit's name, without those that were charged nothing. */
  readonly charged: Readonly<Record<string, number>>
  readonly checks: readonly string[]
  /** Refusals that report mode let through. */
  readonly reported: readonly Code[]
  /** All checks that refused, enforced or only reported. */
  readonly refusing: readonly Refusing[]
  /** Limits whose counters the case sets, and that the request did not come to. */
  readonly unmet: readonly string[]
}

const REQUEST_MS = 2000
const RECORD_MS = 2000
const UNSEEN: Omit<Seen, keyof Got> = Object.freeze({
  outcome: 'refuse',
  route: null,
  code: null,
  why: null,
  upstream: null,
  charged: {},
  checks: [],
  reported: [],
  refusing: [],
  unmet: [],
})
const NO_UPSTREAM: UpstreamSettings = Object.freeze({})

/**
 * The real gate and the real server of a policy, with nothing live behind or beside them: the clock, the counters and the
 * API are of the case. A claim is handed to the checks of this copy of the policy; the gate knows of none.
 */
export class Stage {
  readonly #server: DataServer
  readonly #webSockets: WebSocketStub | null
  readonly #state: State

  private constructor(server: DataServer, webSockets: WebSocketStub | null, state: State) {
    this.#server = server
    this.#webSockets = webSockets
    this.#state = state
  }

  static async open(policy: Policy, settings: Settings): Promise<Stage> {
    const state = new State()
    const told = (id: string, asked: Asked) => state.asked(id, asked)
    const speaksWebSocket = policy.routes.some(({ websocket }) => websocket)
    const webSockets = speaksWebSocket ? await startWebSocketStub(told) : null
    const send = stubSend(() => state.upstream, told)
    const live = { policy: staged(policy, state, webSockets?.origin ?? null), sendOf: () => send }
    const gate = new Gate({
      live: () => live,
      clock: { nowMs: () => state.atMs },
      counters: {
        charge: (charges, nowMs) => state.counters.charge(charges, nowMs),
        refund: (charges, nowMs) => state.counters.refund(charges, nowMs),
        release: (charges) => state.counters.release(charges),
      },
      bounds: boundsOf(settings),
      record: (record) => state.recorded(record),
      isDraining: () => false,
      pressure: () => 'ok',
    })
    return new Stage(await createDataServer(gate, serverSettings(settings)), webSockets, state)
  }

  /** One scene at a time. */
  async play({ before, sent, claim, repeat, atMs, counters, upstream }: Scene): Promise<Seen> {
    const state = this.#state
    Object.assign(state, { atMs, upstream, counters: new CountedCase(counters) })
    for (const turn of before) await this.#take(turn, false)
    return state.seen(await this.#take({ sent, claim, repeat }, true))
  }

  /** @param isAbout the case is about it. @returns what came of the last */
  async #take({ sent, claim, repeat }: Turn, isAbout: boolean): Promise<Got> {
    this.#state.claim = claim
    let got: Got | null = null
    for (let i = 0; i < repeat; i++) {
      const { switched, over } = this.#state.begin(isAbout)
      got = await send(this.#server, sent, REQUEST_MS, switched)
      // Of what never became a request the gate has nothing to tell.
      await Promise.race([over, wait(RECORD_MS, undefined, { ref: false })])
    }
    return got as Got
  }

  async close(): Promise<void> {
    this.#webSockets?.close()
    await this.#server.stop()
  }
}

function boundsOf({ server }: Settings) {
  const { maxHeaders, maxTargetBytes, timeout } = server
  return { maxHeaders, maxTargetBytes, idleMs: timeout.idleMs }
}

function serverSettings({ server }: Settings) {
  const { maxConnections, maxHeaderBytes, timeout } = server
  return {
    maxConnections,
    maxHeaderBytes,
    headersTimeoutMs: timeout.headersMs,
    requestTimeoutMs: timeout.requestMs,
    keepAliveTimeoutMs: timeout.keepAliveMs,
    idleTimeoutMs: timeout.idleMs,
  }
}

/** What the parts on the stage share: the scene that is played, and what is seen of it. */
class State {
  claim: Claim | undefined = undefined
  atMs = 0
  upstream: UpstreamSettings = NO_UPSTREAM
  counters = new CountedCase({})
  readonly #asked = new Map<string, Asked>()
  #refusing: Refusing[] = []
  #record: AuditRecord | null = null
  #isOver: () => void = () => undefined
  #isSwitched: () => void = () => undefined

  begin(isAbout: boolean): { readonly switched: Promise<void>; readonly over: Promise<void> } {
    this.counters.begin(isAbout)
    this.#asked.clear()
    this.#refusing = []
    this.#record = null
    const switched = new Promise<void>((resolve) => {
      this.#isSwitched = resolve
    })
    const over = new Promise<void>((resolve) => {
      this.#isOver = resolve
    })
    return { switched, over }
  }

  asked(id: string, asked: Asked): void {
    this.#asked.set(id, asked)
    this.#isSwitched()
  }

  refused(refusing: Refusing): void {
    this.#refusing.push(refusing)
  }

  recorded(record: AuditRecord): void {
    this.#record ??= record
    this.#isOver()
  }

  seen(got: Got): Seen {
    const record = this.#record
    if (record === null) return { ...UNSEEN, ...got, problem: got.problem ?? 'the gate tells of no request' }
    const { outcome, code, route, why, trail } = record
    return {
      ...got,
      outcome: outcome === 'malformed' ? (code === null ? 'answer' : 'refuse') : outcome,
      route,
      code,
      why,
      upstream: this.#asked.get(record.id) ?? null,
      charged: this.counters.charged,
      checks: trail.map(({ check }) => check).filter((name) => name !== 'match'),
      reported: trail.flatMap((line) =>
        line.verdict === 'report' && line.code !== undefined ? [line.code] : [],
      ),
      refusing: this.#refusing,
      unmet: this.counters.unmet,
    }
  }
}

/** The policy as it is, but for what its checks are told of who asks, and for where a WebSocket goes. */
function staged(policy: Policy, state: State, webSocketOrigin: string | null): Policy {
  const known = new Map(policy.routes.map((route) => [route, stagedRoute(route, state, webSocketOrigin)]))
  return {
    ...policy,
    routes: [...known.values()],
    find: (host, method, path) => {
      const found = policy.find(host, method, path)
      return found === null ? null : (known.get(found) ?? null)
    },
  }
}

function stagedRoute(route: Route, state: State, origin: string | null): Route {
  const checks = route.checks.map((check, index) => watched(check, index, state))
  // Nothing of a test may reach the API itself.
  return { ...route, checks, upstream: { ...route.upstream, origins: [origin ?? 'http://127.0.0.1:0'] } }
}

function watched(check: NamedCheck, index: number, state: State): NamedCheck {
  const note = (verdict: Verdict): Verdict => {
    if (verdict.kind === 'refuse') state.refused({ index, code: verdict.code })
    return verdict
  }
  return {
    ...check,
    run: (context, ports) => {
      const { claim } = state
      const verdict = check.run(context, claim === undefined ? ports : { ...ports, claim })
      return verdict instanceof Promise ? verdict.then(note) : note(verdict)
    },
  }
}
