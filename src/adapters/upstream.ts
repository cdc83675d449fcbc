import type { Upstream } from '../core/policy.ts'
import type { Send } from '../core/upstream.ts'
import type { OriginSettings } from './upstream/dial.ts'
import { Exchange } from './upstream/exchange.ts'
import { Origin, type OriginStats } from './upstream/origin.ts'

/** The connections to all upstreams of the policy. They outlive reloads. */
export interface Upstreams {
  /** One try: no retry, no circuit. It rejects with an UpstreamFailure and nothing else. */
  send(upstream: Upstream): Send
  /** Told the upstreams of a new policy: connections that none of them uses are closed once they are idle. */
  apply(upstreams: readonly Upstream[]): void
  stats(): readonly OriginStats[]
  /** Ends everything; what is under way fails. */
  close(): void
}

export function createUpstreams(): Upstreams {
  const origins = new Map<string, Origin>()

  function open(key: string, settings: OriginSettings): Origin {
    const known = origins.get(key)
    if (known !== undefined) return known
    const origin = new Origin(settings)
    origins.set(key, origin)
    return origin
  }

  return {
    send(upstream) {
      const targets = originSettings(upstream).map((settings) => new Target(settings, open))
      return sendTo(upstream, targets)
    },
    apply(upstreams) {
      const used = new Set(upstreams.flatMap(originSettings).map(keyOf))
      for (const [key, origin] of origins) {
        if (used.has(key)) continue
        origins.delete(key)
        origin.retire()
      }
    },
    stats: () => [...origins.values()].map((origin) => origin.stats()),
    close() {
      const open = [...origins.values()]
      origins.clear()
      for (const origin of open) origin.destroy()
    },
  }
}

type Open = (key: string, settings: OriginSettings) => Origin

/** One place an upstream can be reached at. Opens its pool anew when a reload closed it under an older policy. */
class Target {
  readonly #key: string
  readonly #settings: OriginSettings
  readonly #open: Open
  #origin: Origin

  constructor(settings: OriginSettings, open: Open) {
    this.#key = keyOf(settings)
    this.#settings = settings
    this.#open = open
    this.#origin = open(this.#key, settings)
  }

  origin(): Origin {
    if (this.#origin.isClosed) this.#origin = this.#open(this.#key, this.#settings)
    return this.#origin
  }
}

function sendTo(upstream: Upstream, targets: readonly Target[]): Send {
  const { timeout } = upstream
  let turn = 0

  function nextOrigin(): Origin {
    if (targets.length === 1) return (targets[0] as Target).origin()
    let origin: Origin | undefined
    for (let tries = 0; tries < targets.length; tries++) {
      turn = (turn + 1) % targets.length
      origin = (targets[turn] as Target).origin()
      if (!origin.isResting()) return origin
    }
    return origin as Origin
  }

  return function send(request, _permit) {
    return new Promise((resolve, reject) => {
      const origin = nextOrigin()
      const exchange = new Exchange(request, timeout, origin, { resolve, reject })
      request.onAbort((reason) => exchange.abort(reason))
      origin.enter(exchange)
    })
  }
}

function originSettings(upstream: Upstream): OriginSettings[] {
  const { origins, tls, timeout } = upstream
  return origins.map((url) => ({ url, tls, connectMs: timeout.connectMs }))
}

function keyOf({ url, tls, connectMs }: OriginSettings): string {
  return JSON.stringify([url, tls.verify, tls.ca, tls.serverName, connectMs])
}
