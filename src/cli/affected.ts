import type { Affected } from '../replay/result.ts'
import { counted } from './counted.ts'

const WORDS = {
  keys: ['key', 'keys'],
  orgs: ['org', 'orgs'],
  clients: ['client address', 'client addresses'],
} as const

/** `3 keys`, or `at least 1,000 keys` where there were more than are told apart. */
export function countOf(affected: Affected, of: keyof typeof WORDS): string {
  const atLeast = affected.at_least.includes(of) ? 'at least ' : ''
  const [one, several] = WORDS[of]
  return `${atLeast}${counted(affected[of], one, several)}`
}
