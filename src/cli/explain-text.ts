import { visible } from '../config/issues.ts'
import { duration } from '../diff/words.ts'
import type { Bucket, Explanation } from '../explain/explanation.ts'
import type { Io } from './command.ts'
import { counted } from './counted.ts'
import { checksTable, NOTHING, pairs, section, shown, styled, table } from './explain-parts.ts'

const MAX_LIST = 4000

/** An explanation for people. */
export function explanationText(explanation: Explanation, io: Io): string {
  const { checks, warnings } = explanation
  return [
    headline(explanation, io),
    section('Request', requestText(explanation), io),
    section('Route', routeText(explanation), io),
    section('Near misses', nearText(explanation), io),
    section('Checks', checksTable(checks), io),
    section(bucketsTitle(explanation), bucketsText(explanation.buckets), io),
    section('Upstream', upstreamText(explanation), io),
    section('Header fields to the upstream', fieldsTable(explanation.to_upstream), io),
    section('Not handed on', removedTable(explanation), io),
    section('Header fields to the client', toClientText(explanation), io),
    section('Mind', warnings.map((warning) => `${shown(warning)}\n`).join(''), io),
  ].join('')
}

function headline(
  { request, outcome, status, code, title, why, help, upstream }: Explanation,
  io: Io,
): string {
  const asked = `${request.method} ${request.target}`
  if (outcome === 'forward')
    return `${styled(shown(`${asked} is forwarded to ${upstream?.name}`), 'good', io)}\n`
  if (outcome === 'answer')
    return `${styled(shown(`${asked} is answered here with ${status}`), 'good', io)}\n`
  const lines = [
    styled(shown(`${asked} is refused with ${status} ${code}`), 'bad', io),
    `  the client is told: ${shown(title ?? '')}`,
    `  why: ${shown(why ?? '')}`,
    `  what to do: ${shown(help ?? '')}`,
  ]
  return `${lines.join('\n')}\n`
}

function requestText({ request, principal, checks, policy, counters }: Explanation): string {
  const { path, host, scheme, client, client_why: why, peer, websocket, body_bytes: bytes, at } = request
  return pairs([
    ['path', path],
    ['host', host === null ? null : `${host}, by ${scheme}`],
    ['client', `${client}: ${why}`],
    ['peer', peer === client ? null : peer],
    ['who', whoText(principal, checks)],
    [
      'body',
      bytes === 0 ? null : bytes === null ? 'of a length that is not declared' : counted(bytes, 'byte'),
    ],
    ['websocket', websocket ? 'asked for' : null],
    ['at', at],
    ['policy', policy],
    [
      'limits',
      counters === 'live'
        ? 'as the gate counts them now'
        : 'as if nothing had been counted: ask a gate with --live',
    ],
  ])
}

/** null: nobody has looked. */
function whoText(who: Explanation['principal'], checks: Explanation['checks']): string | null {
  const isAsked = checks.some(({ check, verdict }) => check === 'auth' && verdict !== 'not_reached')
  if (who === null || !isAsked) return null
  if (who.kind === 'anonymous') return 'anonymous'
  const named = who.kind === 'key' ? `key ${who.key_id}` : `token of ${who.subject}`
  const more = [
    ['subject', who.subject === who.key_id ? '' : who.subject],
    ['org', who.org],
    ['scopes', who.scopes.join(' ')],
    ['roles', who.roles.join(' ')],
  ] as const
  return [named, ...more.flatMap(([what, text]) => (text === '' ? [] : [`${what} ${text}`]))].join(', ')
}

function routeText({ route }: Explanation): string {
  if (route === null) return ''
  const { id, pattern, methods, hosts, mode, reported, enforced_percent: percent } = route
  const share = percent === 0 ? '' : `, enforced to ${percent}% of principals`
  return pairs([
    [id, pattern],
    ['methods', methods.join(', ')],
    ['hosts', hosts === null ? null : hosts.join(', ')],
    ['mode', mode === 'enforce' ? null : `${mode}: only reported are ${reported.join(', ')}${share}`],
  ])
}

function nearText({ near_misses: near, more_near_misses: more }: Explanation): string {
  const rows = near.map(({ id, pattern, methods, why }) => [id, pattern, methods.join(','), why.join('; ')])
  return table(['ROUTE', 'PATH', 'METHODS', 'WHY NOT'], rows) + (more > 0 ? `and ${more} more\n` : '')
}

function bucketsTitle({ counters }: Explanation): string {
  return counters === 'live' ? 'Buckets, as they are now' : 'Buckets'
}

const EFFECTS: Readonly<Record<Bucket['effect'], string>> = {
  charged: 'charged',
  given_back: 'charged and given back',
  refuses: 'refuses',
  not_charged: 'not charged',
}

function bucketsText(buckets: readonly Bucket[]): string {
  const rows = buckets.flatMap((bucket) => {
    const { limit, bucket: name, cost, effect } = bucket
    return spansOf(bucket).map((span) => [limit, name, ...span, `${cost}`, EFFECTS[effect]])
  })
  const notes = buckets.flatMap((bucket) => notesOf(bucket)).map((note) => `${shown(note)}\n`)
  return table(['LIMIT', 'BUCKET', 'WINDOW', 'LEFT', 'FREE AGAIN', 'COST', 'EFFECT'], rows) + notes.join('')
}

function spansOf({ windows, concurrent }: Bucket): (readonly [string, string, string])[] {
  const spans = windows.map(({ rate, remaining, resets_at: resetsAt }) => {
    return [rate, remaining === null ? NOTHING : `${remaining}`, resetsAt ?? NOTHING] as const
  })
  if (concurrent === null) return spans
  return [...spans, [`${concurrent.max} at once`, `${concurrent.free}`, NOTHING]]
}

function notesOf({ limit, key, shut_until: shutUntil, counted_in: countedIn, lease }: Bucket): string[] {
  return [
    `${limit} is stored as ${key}`,
    ...(shutUntil === null ? [] : [`${limit} is shut by its cooldown until ${shutUntil}`]),
    ...(countedIn === 'fallback'
      ? [`${limit} is counted by this process alone: the shared store is given up`]
      : []),
    ...(lease === null
      ? []
      : [
          `${limit} is leased: ${lease.replicas} replicas take ${lease.lease} at a time, so at most ${lease.replicas} x ${lease.lease} = ${lease.overshoot} beyond the limit in any window`,
        ]),
  ]
}

function upstreamText({ upstream }: Explanation): string {
  if (upstream === null) return ''
  const { name, origins, target, timeout, retry, circuit } = upstream
  const { connect_ms: connect, response_ms: response, idle_ms: idle } = timeout
  return pairs([
    [name, origins.join(', ')],
    ['target', target],
    ['timeout', `connect ${duration(connect)}, response ${duration(response)}, idle ${duration(idle)}`],
    ['retry', retry.attempts === 1 ? 'none' : `${retry.attempts} attempts, budget ${retry.budget_percent}%`],
    ['circuit', circuit === null ? 'off' : circuitText(circuit)],
  ])
}

function circuitText(circuit: NonNullable<NonNullable<Explanation['upstream']>['circuit']>): string {
  const {
    error_percent: percent,
    window_ms: windowMs,
    min_requests: least,
    open_for_ms: openMs,
    state,
  } = circuit
  const opens = `opens for ${duration(openMs)} at ${percent}% errors of ${counted(least, 'request')} or more in ${duration(windowMs)}`
  return state === null ? opens : `${state.replace('_', ' ')}; ${opens}`
}

function fieldsTable(fields: Explanation['to_client']): string {
  return table(
    ['FIELD', 'VALUE', 'FROM'],
    fields.map(({ name, value, from }) => [name, value, from]),
  )
}

function removedTable({ not_to_upstream: removed }: Explanation): string {
  return table(
    ['FIELD', 'VALUE', 'WHY'],
    removed.map(({ name, value, why }) => [name, value, why]),
  )
}

function toClientText({ to_client: fields, not_to_client: removed }: Explanation): string {
  const note =
    removed.length === 0 ? '' : `taken out of the reply: ${visible(removed.join(', '), MAX_LIST)}\n`
  return fieldsTable(fields) + note
}
