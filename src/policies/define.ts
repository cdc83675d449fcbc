import type { z } from 'zod'
import type { Code } from '../core/codes.ts'
import type { Limit } from '../core/limits.ts'
import type { Decision, NamedCheck } from '../core/policy.ts'
import type { Authenticator } from './auth/authenticator.ts'
import type { FrontSlot } from './order.ts'

/** What one policy adds to one route. All of it is worked out at compile time; the request path only reads. */
export interface Part {
  readonly checks?: readonly { readonly slot: FrontSlot; readonly check: NamedCheck }[]
  readonly request?: {
    /** Lower-case names that are not handed on to the upstream. */
    readonly drop?: readonly string[]
    /** Constant fields for the upstream, flat. */
    readonly set?: readonly string[]
    /** Query parameters that are cut out. */
    readonly dropQuery?: readonly string[]
  }
  readonly reply?: {
    /** Lower-case names of the upstream's fields that do not pass. */
    readonly drop?: readonly string[]
    /** Constant fields for the client, flat. */
    readonly set?: readonly string[]
  }
  /** Reply fields that depend on the decision, flat. */
  readonly decisionFields?: (decision: Decision) => readonly string[]
}

/** What a policy may know of the route and the file while it is compiled. */
export interface RouteEnv {
  /** Upper case; HEAD is there wherever GET is. */
  readonly methods: readonly string[]
  /** All named limits of the file. */
  readonly limits: ReadonlyMap<string, Limit>
  /** The route's `limit_headers`. */
  readonly limitHeaders: 'ietf' | 'both' | 'off'
  /** The route's `cost`: what one request is charged to each limit. */
  readonly cost: number
  /** All authenticators of the file, compiled; `key` is always there. */
  readonly authenticators: ReadonlyMap<string, Authenticator>
  /** Lower-case header names of the identity, by what they carry; null where the policy turned one off. */
  readonly identity: IdentityNames
  /** The route hands the client's credential on to the upstream. */
  readonly forwardCredential: boolean
  /** The route's `auth` is `none` and nothing else: nobody it serves has scopes, roles or an org. */
  readonly anonymousOnly: boolean
  /** Text of a file named by the policy, relative to it. @throws Error with a message for the user */
  readonly readText: (path: string) => string
  /** Tells the user of a mistake at a place within these settings; compile goes on to find more. */
  readonly problem: (path: readonly (string | number)[], message: string) => void
}

export interface IdentityNames {
  readonly subject: string | null
  readonly org: string | null
  readonly scopes: string | null
  readonly roles: string | null
  readonly keyId: string | null
  readonly auth: string | null
}

/** One folder, one word. `key` is the route's YAML key whose settings this policy enforces. */
export interface PolicyModule<S extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly key: string
  readonly schema: S
  readonly codes: readonly Code[]
  /** @param settings undefined when neither the route nor the defaults write the key */
  readonly compile: (settings: z.output<S> | undefined, env: RouteEnv) => Part
}

export function definePolicy<S extends z.ZodType>(module: PolicyModule<S>): PolicyModule<S> {
  return Object.freeze(module)
}

/** A policy that adds nothing to this route. */
export const NO_PART: Part = Object.freeze({})
