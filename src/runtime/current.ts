import type { About } from '../config/about.ts'
import type { Settings } from '../config/compile-settings.ts'
import type { Policy, Route, Upstream } from '../core/policy.ts'
import type { Send } from '../core/upstream.ts'

/** The policy in force with everything that was worked out for it. */
export interface Loaded {
  readonly policy: Policy
  readonly settings: Settings
  readonly about: About
  readonly sendOf: (route: Route) => Send
  /** Epoch milliseconds. */
  readonly loadedAtMs: number
}

/** How the latest reload went. */
export interface LastReload {
  readonly good: boolean
  readonly atMs: number
  /** Each as `file:line:col: message`. */
  readonly problems: readonly string[]
}

/** The one pointer to the policy in force. Whoever has read it keeps what it read. */
export class Current {
  #loaded: Loaded
  #lastReload: LastReload

  constructor(loaded: Loaded) {
    this.#loaded = loaded
    this.#lastReload = { good: true, atMs: loaded.loadedAtMs, problems: [] }
  }

  get loaded(): Loaded {
    return this.#loaded
  }

  get lastReload(): LastReload {
    return this.#lastReload
  }

  swap(loaded: Loaded): void {
    this.#loaded = loaded
    this.#lastReload = { good: true, atMs: loaded.loadedAtMs, problems: [] }
  }

  /** A reload was refused: the old policy stays. */
  keep(problems: readonly string[], atMs: number): void {
    this.#lastReload = { good: false, atMs, problems }
  }
}

/** One way to each upstream of the policy, shared by its routes. */
export function sendsOf(policy: Policy, send: (upstream: Upstream) => Send): (route: Route) => Send {
  const byUpstream = new Map<Upstream, Send>()
  const byRoute = new Map<Route, Send>()
  for (const route of policy.routes) {
    const known = byUpstream.get(route.upstream) ?? send(route.upstream)
    byUpstream.set(route.upstream, known)
    byRoute.set(route, known)
  }
  return function sendOf(route) {
    const found = byRoute.get(route)
    if (found === undefined) throw new Error(`route ${route.id} is not of this policy`)
    return found
  }
}
