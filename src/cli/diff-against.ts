import type { Change } from '../diff/change.ts'
import type { Affected, ReplayResult } from '../replay/result.ts'
import { countOf } from './affected.ts'
import { counted, number } from './counted.ts'
import { type Hits, hitsAmong, type Outlines } from './diff-hits.ts'

/** What recorded requests would have met under the new policy. */
export interface Against {
  readonly result: ReplayResult
  /** Hash of the old policy. */
  readonly old: string
  readonly outlines: Outlines
}

/** Of the requests whose decision changes, how many a change can be the reason for. */
export function hitsOf(change: Change, { result, outlines }: Against): Hits {
  return hitsAmong(change, result.groups, outlines)
}

/** ` (12 recorded requests of 3 keys)`, or nothing. */
export function hitsInWords({ requests, keys }: Hits): string {
  if (requests === 0) return ''
  const who = keys === 0 ? '' : ` of ${counted(keys, 'key')}`
  return ` (${counted(requests, 'recorded request')}${who})`
}

/** The sums for people. */
export function againstLines({ result, old }: Against): string[] {
  const { compared, from, to, refused, let_in: letIn, other, recorded_policies: recorded } = result
  if (compared === 0) return ['no request of the audit file can be judged again']
  const head = `of ${counted(compared, 'recorded request')}, ${from} to ${to}:`
  const sums = [
    sum(refused, 'would be refused'),
    sum(letIn, 'would be let in'),
    sum(other, 'would be refused or answered in another way'),
  ].filter((text) => text !== '')
  const isOther = recorded.some((hash) => hash !== old)
  return [
    head,
    ...(sums.length === 0 ? ['  nothing would have changed for anybody'] : sums),
    ...(isOther
      ? ['  recorded under another policy than the old one: what that one changed counts, too']
      : []),
  ]
}

function sum(affected: Affected, what: string): string {
  if (affected.requests === 0) return ''
  const who = (['keys', 'orgs', 'clients'] as const).map((of) => countOf(affected, of)).join(', ')
  return `  ${number(affected.requests)} ${what}: ${who}`
}
