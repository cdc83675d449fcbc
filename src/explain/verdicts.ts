import { CODES } from '../core/codes.ts'
import type { Decision, NamedCheck, TrailLine } from '../core/policy.ts'
import type { Answer, Refuse } from '../core/verdict.ts'
import type { Check } from './explanation.ts'

const DOOR: Check = Object.freeze({ check: 'door', verdict: 'pass', code: null, note: null })

/** The one line of a request that did not get past the front door. */
export function checksAtDoor(door: Refuse | Answer): Check[] {
  if (door.kind === 'answer') return [{ ...DOOR, verdict: 'answer', note: 'it asks about the gate itself' }]
  return [{ ...DOOR, verdict: 'refuse', code: door.code, note: door.why }]
}

/** Every check in order, also those that were not reached. */
export function checksOf({ trail, route }: Decision): Check[] {
  const [first] = trail
  if (first?.check === 'match') return [DOOR, lineOf(first), ...(route?.checks ?? []).map(notReached)]
  const match: Check = { check: 'match', verdict: 'pass', code: null, note: `route ${route?.id ?? ''}` }
  const asked = (route?.checks ?? []).map((check, i) => {
    const line = trail[i]
    return line === undefined ? notReached(check) : lineOf(line)
  })
  return [DOOR, match, ...asked]
}

function lineOf({ check, verdict, code, note }: TrailLine): Check {
  return { check, verdict, code: code ?? null, note: note ?? null }
}

function notReached({ name }: NamedCheck): Check {
  return { check: name, verdict: 'not_reached', code: null, note: null }
}

/** What the table of codes says of one; a code of another version is told as it is. */
export function wordsOf(code: string | null): {
  readonly title: string | null
  readonly help: string | null
} {
  const info =
    code === null ? undefined : (CODES as Readonly<Record<string, (typeof CODES)['no_route']>>)[code]
  return { title: info?.title ?? null, help: info?.help ?? null }
}
