import type { AddressSet } from './address.ts'
import type { Code } from './codes.ts'
import type { Facts } from './facts.ts'
import type { HostSet } from './host.ts'
import type { Charged } from './limits.ts'
import type { Ports } from './ports.ts'
import type { Principal } from './principal.ts'
import type { Refuse, Reply, Verdict } from './verdict.ts'

/** What a check may look at: the facts, and what the checks before it have learned. */
export interface Context {
  readonly facts: Facts
  readonly route: Route
  readonly principal: Principal
  readonly charged: readonly Charged[]
}

/** A question to a request. Whatever it throws refuses. */
export type Check = (context: Context, ports: Ports) => Verdict | Promise<Verdict>

export interface NamedCheck {
  /** The name in the trail, metrics and docs: the policy's folder. */
  readonly name: string
  readonly run: Check
  /** What it can refuse with, as it is set; absent: nothing. */
  readonly codes?: readonly Code[]
}

/** What becomes of a request's header fields on the way to the upstream; worked out when the policy is compiled. */
export interface RequestPlan {
  /** Lower-case names that are not handed on. */
  readonly drop: ReadonlySet<string>
  /** Constant fields of ours, flat. */
  readonly set: readonly string[]
  /** null hands on the client's own Host. */
  readonly host: string | null
  /** Names of query parameters that carry a credential and are cut out. */
  readonly dropQuery: readonly string[]
}

/** What becomes of a reply's header fields on the way to the client. */
export interface ReplyPlan {
  /** Lower-case names of the upstream's fields that do not pass. */
  readonly drop: ReadonlySet<string>
  /** Constant fields of ours, flat: guard headers and what the route sets. */
  readonly set: readonly string[]
}

/** Settings of the back half of a route, all durations in milliseconds. Live state is kept elsewhere, by upstream. */
export interface Upstream {
  readonly name: string
  /** `http://host:port` or `https://host:port`, no path, one or more. */
  readonly origins: readonly string[]
  /** Path in front of every target, '' or '/base'. */
  readonly basePath: string
  readonly preserveHost: boolean
  readonly timeout: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number }
  readonly tls: { readonly verify: boolean; readonly ca: string | null; readonly serverName: string | null }
  readonly circuit: CircuitSettings | null
  readonly retry: RetrySettings
}

export interface CircuitSettings {
  /** Percent of failures, 1..100, that opens the circuit. */
  readonly errorPercent: number
  readonly windowMs: number
  readonly minRequests: number
  readonly openForMs: number
}

export interface RetrySettings {
  /** Tries in all, 1 is no retry. */
  readonly attempts: number
  /** Retries may be at most this percent of requests. */
  readonly budgetPercent: number
}

/** `partly`: some checks only report, or all do for some of the principals. */
export type ModeName = 'enforce' | 'partly' | 'report'

/** What of a route is only reported, and to whom it is enforced all the same. */
export interface Reporting {
  /** Names of checks whose refusals are written down and let the request through. */
  readonly checks: ReadonlySet<string>
  /** The share of principals to whom they are enforced all the same, 0..99 percent. */
  readonly enforcedPercent: number
  /** What becomes of the reply's fields where these checks add nothing to it. */
  readonly reply: ReplyPlan
}

export interface Route {
  readonly id: string
  /** The path pattern, for people. */
  readonly pattern: string
  readonly methods: readonly string[]
  readonly checks: readonly NamedCheck[]
  readonly upstream: Upstream
  /** For people; what is enforced to whom is told by `reporting`. */
  readonly mode: ModeName
  /** null: every check is enforced. */
  readonly reporting: Reporting | null
  readonly websocket: boolean
  readonly encodedSlash: boolean
  /** '' or '/prefix', cut from the path that goes to the upstream. */
  readonly stripPrefix: string
  readonly request: RequestPlan
  readonly reply: ReplyPlan
  /** Reply fields that depend on the decision, e.g. `ratelimit`. */
  readonly decisionFields: readonly ((decision: Decision) => readonly string[])[]
}

/** Finds the route of a host, method and path; null when the policy names none. */
export type RouteFinder = (host: string, method: string, path: string) => Route | null

/** The compiled file: frozen, replaced as a whole, never mutated. */
export interface Policy {
  /** Hex SHA-256 of the file's text, first 16 digits. */
  readonly hash: string
  readonly routes: readonly Route[]
  readonly find: RouteFinder
  readonly trust: AddressSet
  /** null: any well-formed host. */
  readonly hosts: HostSet | null
  /** Lower-case names that only Sallyport may set: a client copy spelt with `_` is refused at the door. */
  readonly guardedNames: ReadonlySet<string>
  /** Lower-case names of headers of which a second one is an attack. */
  readonly onceNames: ReadonlySet<string>
  /** Lower-case names of headers that carry credentials; they are in `onceNames` too. */
  readonly credentialNames: ReadonlySet<string>
  /** For replies that no route stands behind. */
  readonly reply: ReplyPlan
}

/** What one check said: a line of the trail. `report` is a refusal that the route's mode lets through. */
export interface TrailLine {
  readonly check: string
  readonly verdict: Verdict['kind'] | 'report'
  readonly code?: Code
  /** For the operator, never for the client. */
  readonly note?: string
  /** `authenticator:id` of the credential that was refused, where it is known whose it is. */
  readonly credential?: `${string}:${string}`
}

/** The verdicts in order and what came of them. */
export interface Decision {
  readonly facts: Facts
  readonly policyHash: string
  /** null when the policy names no route for the request. */
  readonly route: Route | null
  readonly outcome: 'forward' | 'refuse' | 'answer'
  readonly trail: readonly TrailLine[]
  readonly principal: Principal
  /** Why it was refused; null otherwise. */
  readonly refusal: Refuse | null
  /** The reply that a check gave itself; null otherwise. */
  readonly reply: Reply | null
  readonly charged: readonly Charged[]
  /** `name:percent` of each share of a quota that this request crossed. */
  readonly warnings: readonly string[]
  /** Fields for the client that checks have learned, flat. */
  readonly replyFields: readonly string[]
  /** Fields for the upstream that checks have learned, flat. */
  readonly upstreamFields: readonly string[]
  /** The most bytes of body that may stream to the upstream; null is no bound. */
  readonly maxBodyBytes: number | null
  /** Present exactly when the outcome is `forward`. */
  readonly permit: Permit | null
}

declare const granted: unique symbol

/**
 * Leave to reach an upstream. The brand is known to nobody, so only the one cast in decide.ts makes a permit, and a
 * Send demands one.
 */
export interface Permit {
  readonly [granted]: true
  readonly decision: Decision
}
