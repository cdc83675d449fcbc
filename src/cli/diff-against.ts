import type { Change } from '../diff/change.ts'
import type { Affected, ChangeGroup, ReplayResult } from '../replay/result.ts'

/** What recorded requests would have met under the new policy. */
export interface Against {
  readonly result: ReplayResult
  /** Hash of the old policy. */
  readonly old: string
}

/** Codes of refusals that a change can bring about or take away, by what its own code begins with. */
const REASONS: readonly (readonly [prefix: RegExp, codes: RegExp])[] = [
  [
    /^(?:limit|route-limit|cost|key-limits)-/,
    /^(?:rate_limited|quota_exhausted|cooldown|concurrency_exceeded)$/,
  ],
  [/^(?:auth|key|authenticator)-/, /^(?:key|credential|token)_|^(?:scope_missing|role_missing|org_refused)$/],
  [/^(?:scope|any-scope)-/, /^scope_missing$/],
  [/^roles-/, /^role_missing$/],
  [/^orgs-/, /^org_refused$/],
  [/^(?:cors|websocket)-/, /^(?:origin_refused|upgrade_refused)$/],
  [/^access-/, /^address_refused$/],
  [/^(?:body|query)-/, /^(?:body|query|media_type)_/],
  [/^encoded-slash-/, /^path_refused$/],
  [/^route-/, /^(?:no_route|method_refused|upgrade_refused)$/],
  [/^hosts-/, /^host_unknown$/],
  [/^enforcement-/, /^/],
]

/** Of the requests whose decision changes, how many a change can be the reason for. */
export function hitsOf(change: Change, { result: { groups } }: Against): Hits {
  const [, codes] = REASONS.find(([prefix]) => prefix.test(change.code)) ?? []
  const isOpen = change.severity === 'more_open'
  if (codes === undefined || change.severity === 'other') return { requests: 0, keys: 0, orgs: 0 }
  const own = groups.filter((group) => {
    const isDirection = group.change === (isOpen ? 'let_in' : 'refused')
    return isDirection && codes.test(isOpen ? group.was : group.would_be) && concerns(change, group)
  })
  const different = (of: 'keys' | 'orgs') =>
    new Set(own.flatMap((group) => group[of].map(({ name }) => name))).size
  const requests = own.reduce((sum, group) => sum + group.requests, 0)
  return { requests, keys: different('keys'), orgs: different('orgs') }
}

export interface Hits {
  readonly requests: number
  /** At least so many: of a group the ones with the most requests are told. */
  readonly keys: number
  readonly orgs: number
}

function concerns({ kind, names }: Change, { route, new_route: newRoute, keys }: ChangeGroup): boolean {
  if (kind === 'route') return names.some((name) => name === route || name === newRoute)
  if (kind === 'key') return keys.some(({ name }) => names.includes(name))
  return true
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
  const head = `of ${number(compared)} recorded requests, ${from} to ${to}:`
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

function sum({ requests, keys, orgs, clients }: Affected, what: string): string {
  if (requests === 0) return ''
  const who = `${counted(keys, 'key')}, ${counted(orgs, 'org')}, ${counted(clients, 'client address', 'es')}`
  return `  ${number(requests)} ${what}: ${who}`
}

function counted(count: number, what: string, plural = 's'): string {
  return `${number(count)} ${what}${count === 1 ? '' : plural}`
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}
