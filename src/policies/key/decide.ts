import { timingSafeEqual } from 'node:crypto'
import type { Code } from '../../core/codes.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import { type Pass, pass, refuse, SKIP, type Verdict } from '../../core/verdict.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { hashKey, isWellFormed } from './format.ts'
import type { KeyEntry, KeyTable } from './table.ts'

/** Three dot-separated parts: a token of another kind, which happens to travel in the same header. */
const TOKEN_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
const HEX_HASH_BYTES = 64
const SHOWN_HASH_DIGITS = 8
/** Kept of the keys that are in use: most of a hundred thousand sleep. */
const MAX_KNOWN = 8192

/** A key that was let in before. */
interface Known {
  readonly entry: KeyEntry
  readonly verdict: Pass
}

/**
 * Judges the text of a key. Only its hash is compared, so a prefix that a guess shares with a key tells nothing, and the
 * last comparison takes the same time for all.
 */
export function keyJudge(authenticator: string, table: KeyTable): Authenticator['judge'] {
  const known = new Map<string, Known>()
  const shown = Buffer.alloc(HEX_HASH_BYTES)
  const kept = Buffer.alloc(HEX_HASH_BYTES)
  return function judgeKey(credential, context, ports) {
    if (!isWellFormed(credential)) return unknown(credential, 'malformed, or the checksum does not fit')
    const hash = hashKey(credential)
    const before = known.get(hash)
    const entry = before?.entry ?? table.byHash.get(hash)
    shown.write(hash, 'latin1')
    kept.write(entry?.hash ?? '', 'latin1')
    if (entry === undefined || !timingSafeEqual(shown, kept)) {
      return unknown(credential, `no key has the hash ${hash.slice(0, SHOWN_HASH_DIGITS)}…`)
    }
    const refusal = refusalOf(entry, authenticator, context, ports)
    return refusal ?? before?.verdict ?? keep(known, entry, passFor(entry, authenticator))
  }
}

/** Judges the key of an id as if its text had been shown. */
export function keyIdJudge(authenticator: string, table: KeyTable): Authenticator['judgeId'] {
  return function judgeKeyId(id, context, ports) {
    const entry = table.byId.get(id)
    if (entry === undefined) return refuse('key_invalid', 'no key has this id')
    return refusalOf(entry, authenticator, context, ports) ?? passFor(entry, authenticator)
  }
}

/** A token may be for another authenticator of the route; who asks refuses it when there is none. */
function unknown(credential: string, why: string): Verdict {
  return TOKEN_SHAPE.test(credential) ? SKIP : refuse('key_invalid', why)
}

function refusalOf(entry: KeyEntry, authenticator: string, context: Context, ports: Ports): Verdict | null {
  const reason = reasonOf(entry, context, ports)
  if (reason === null) return null
  const [code, why] = reason
  return { ...refuse(code, why), credential: `${authenticator}:${entry.id}` }
}

function reasonOf(
  { id, revoked, expiresMs, routes }: KeyEntry,
  { route }: Context,
  { clock }: Ports,
): [code: Code, why: string] | null {
  if (revoked) return ['key_revoked', `key ${id} is revoked`]
  if (expiresMs !== null && clock.nowMs() >= expiresMs) return ['key_expired', `key ${id} has expired`]
  if (routes !== null && !routes.has(route.id)) {
    return ['key_route_refused', `key ${id} is not for the route ${route.id}`]
  }
  return null
}

function keep(known: Map<string, Known>, entry: KeyEntry, verdict: Pass): Pass {
  if (known.size >= MAX_KNOWN) known.clear()
  // By the entry's own text of the hash, so that it is one piece of memory to look at.
  known.set(entry.hash, { entry, verdict })
  return verdict
}

function passFor(entry: KeyEntry, authenticator: string): Pass {
  const principal = Object.freeze({
    kind: 'key' as const,
    subject: entry.subject,
    org: entry.org,
    scopes: entry.scopes,
    roles: entry.roles,
    keyId: entry.id,
    authenticator,
    limits: entry.limits,
  })
  const learned = Object.freeze({ principal, note: `${authenticator}: key ${entry.id}` })
  return Object.freeze(pass(learned))
}
