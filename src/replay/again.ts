import { containsAddress } from '../core/address.ts'
import { decide } from '../core/decide.ts'
import type { Facts } from '../core/facts.ts'
import type { Decision, Policy } from '../core/policy.ts'
import type { Claim, Counters, Unseen } from '../core/ports.ts'
import { ANONYMOUS, type Principal } from '../core/principal.ts'
import { readTrailWord } from './line.ts'
import { type DecidedLine, judgedAtMs } from './order.ts'

/** What a decision that was made again had to do without. */
export interface Guesses {
  /** The verdict of a check on the query or body was taken over. */
  readonly carried: boolean
  /** Nobody had looked at the query or body; they were taken to be good. */
  readonly message: boolean
  /** A proxy that is trusted now may have named another client. */
  readonly client: boolean
}

export interface Again {
  readonly decision: Decision
  readonly guesses: Guesses
}

/** Who showed a credential at which nobody looked: with a name of its own, so that it shares no bucket with others. */
export const UNREAD: Principal = Object.freeze({ ...ANONYMOUS, kind: 'token', subject: 'unread' })

const CLAIMS = Object.freeze({
  none: Object.freeze({ kind: 'none' }),
  unknown: Object.freeze({ kind: 'unknown' }),
  ambiguous: Object.freeze({ kind: 'ambiguous' }),
  unread: Object.freeze({ kind: 'principal', principal: UNREAD }),
}) satisfies Record<string, Claim>

/** Makes decisions of an audit file again, by another policy. */
export class Judge {
  readonly #policy: Policy
  readonly #counters: Counters
  readonly #authenticators: ReadonlySet<string>

  /** @param auth names in the `auth` of each route */
  constructor(policy: Policy, auth: ReadonlyMap<string, readonly string[]>, counters: Counters) {
    this.#policy = policy
    this.#counters = counters
    this.#authenticators = new Set([...auth.values()].flat())
  }

  /** Charges the counters. Waits for nothing, since nothing that it asks is anywhere else. */
  judge(line: DecidedLine): Again {
    const client = this.#clientOf(line)
    const unseen = new UnseenMessage(line)
    const nowMs = judgedAtMs(line)
    const decision = decide(this.#policy, factsOf(line, client.address), {
      clock: { nowMs: () => nowMs },
      counters: this.#counters,
      body: NO_BODY,
      claim: this.#claimOf(line),
      unseen,
    })
    if (decision instanceof Promise) throw new Error('a decision from a record had to wait')
    const guesses = { carried: unseen.carried, message: unseen.assumed, client: client.isGuess }
    return { decision, guesses }
  }

  #claimOf({ principal, basis, trail, policy }: DecidedLine): Claim {
    if (principal.kind === 'key') return this.#keyClaim(principal.authenticator, principal.keyId)
    if (principal.kind === 'token') return CLAIMS.unread
    const { shown } = basis
    if (shown === null) return CLAIMS.none
    if (shown === 'unread') {
      const hasLooked = policy === this.#policy.hash || trail.some(isKeyMissing)
      return hasLooked ? CLAIMS.none : CLAIMS.unread
    }
    if (shown === 'unknown' || shown === 'ambiguous') return CLAIMS[shown]
    const colon = shown.indexOf(':')
    return this.#keyClaim(shown.slice(0, colon), shown.slice(colon + 1))
  }

  /** An authenticator that no route asks any more has been given another name. */
  #keyClaim(authenticator: string, id: string): Claim {
    return { kind: 'key', id, authenticator: this.#authenticators.has(authenticator) ? authenticator : null }
  }

  /** The client as this policy's `trust` lets it be believed, as far as the record tells. */
  #clientOf({ client, basis, policy }: DecidedLine): { readonly address: string; readonly isGuess: boolean } {
    const { trust, hash } = this.#policy
    if (policy === hash) return { address: client, isGuess: false }
    if (basis.peer !== null && !containsAddress(trust, basis.peer)) {
      return { address: basis.peer, isGuess: false }
    }
    // Whom else such a proxy named is not written down.
    return { address: client, isGuess: containsAddress(trust, client) }
  }
}

function isKeyMissing(word: string): boolean {
  return word === 'auth!key_missing' || word === 'auth?key_missing'
}

const NO_BODY = Object.freeze({ read: async () => new Uint8Array() })
const NO_FIELDS: readonly string[] = Object.freeze([])
const NO_HEADERS = Object.freeze({})

function factsOf(line: DecidedLine, client: string): Facts {
  const { id, atMs, basis, method, path } = line
  const { host, websocket, bodyBytes, peer } = basis
  return {
    id,
    traceparent: '',
    atMs,
    method: method ?? '',
    scheme: 'http',
    host,
    authority: host,
    clientAuthority: host,
    path: path ?? '',
    query: '',
    encodedSlash: path?.includes('%2F') === true,
    fields: NO_FIELDS,
    headers: headersOf(line),
    client,
    peer: peer ?? line.client,
    peerTrusted: peer !== null,
    bodyBytes,
    websocket,
  }
}

function headersOf({ basis: { origin, preflight } }: DecidedLine): Facts['headers'] {
  if (origin === null) return NO_HEADERS
  if (preflight === null) return { origin }
  return {
    origin,
    'access-control-request-method': preflight.method,
    ...(preflight.headers === null ? {} : { 'access-control-request-headers': preflight.headers }),
  }
}

/** The query and body of a recorded request. */
class UnseenMessage implements Unseen {
  readonly #line: DecidedLine
  carried = false
  assumed = false

  constructor(line: DecidedLine) {
    this.#line = line
  }

  get bodyBytes(): number {
    return this.#line.bytesIn
  }

  get said(): string | null {
    for (const text of this.#line.trail) {
      const word = text.startsWith('validate') ? readTrailWord(text) : null
      if (word !== null) return word.code ?? word.verdict
    }
    return null
  }

  taken(how: 'carried' | 'assumed'): void {
    if (how === 'carried') this.carried = true
    else this.assumed = true
  }
}
