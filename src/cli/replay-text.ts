import type { Affected, ChangeGroup, Count, ReplayResult } from '../replay/result.ts'
import { countOf } from './affected.ts'
import { counted, number } from './counted.ts'
import { tableOf } from './table.ts'

const MAX_ROWS = 50
const MAX_NAMES = 3
const MAX_IDS = 2

/** A replay for people: what changes, and what could not be told. */
export function replayText(result: ReplayResult): string {
  const parts = [headline(result), changes(result), ...notes(result)]
  const text = parts.filter((part) => part !== '').join('\n')
  return `${text.trimEnd()}\n`
}

function headline({ compared, same, changed, from, to, policy, lines }: ReplayResult): string {
  if (isEmpty(lines)) return 'no request can be judged again: nothing is written in the audit'
  if (compared === 0) return `no request of the file can be judged again by policy ${policy}`
  const when = `from ${from} to ${to}`
  const verdict =
    changed === 0
      ? 'no decision changes'
      : `${changedText(changed)}, ${number(same)} ${same === 1 ? 'stays' : 'stay'}`
  return `${counted(compared, 'request')} ${when}, judged by policy ${policy}: ${verdict}`
}

const isEmpty = (lines: ReplayResult['lines']): boolean => Object.values(lines).every((count) => count === 0)

function changes({ groups, ungrouped, ...result }: ReplayResult): string {
  if (groups.length === 0) return ''
  const sums = [
    sum(result.refused, 'let through, would be refused'),
    sum(result.let_in, 'refused, would be let through'),
    sum(result.other, 'otherwise'),
  ]
  const heads = ['WAS', 'WOULD BE', 'ROUTE', 'REQUESTS', 'WHO', 'REQUEST IDS']
  const table = tableOf([heads, ...groups.slice(0, MAX_ROWS).map(row)])
  const left = groups.slice(MAX_ROWS).reduce((count, { requests }) => count + requests, ungrouped)
  const more = left === 0 ? '' : `and ${counted(left, 'request')} more; --json tells more groups\n`
  return `${sums.filter((text) => text !== '').join('\n')}\n\n${table}${more}`
}

function sum(affected: Affected, what: string): string {
  if (affected.requests === 0) return ''
  const told = (['keys', 'orgs', 'clients'] as const).filter((of) => of === 'clients' || affected[of] > 0)
  return `  ${number(affected.requests)} ${what}: ${told.map((of) => countOf(affected, of)).join(', ')}`
}

function row({ was, would_be, route, new_route, requests, keys, clients, examples }: ChangeGroup): string[] {
  const place = route === new_route ? routeText(route) : `${routeText(route)} -> ${routeText(new_route)}`
  const who = keys.length > 0 ? keys : clients
  return [was, would_be, place, number(requests), names(who), examples.slice(0, MAX_IDS).join(' ')]
}

function routeText(route: string | null): string {
  return route ?? '(none)'
}

function names(counts: readonly Count[]): string {
  const shown = counts.slice(0, MAX_NAMES).map(({ name, requests }) => `${name} ${number(requests)}`)
  const left = counts.length - shown.length
  return left === 0 ? shown.join(', ') : `${shown.join(', ')}, ${number(left)} more`
}

/** What the reader has to know before believing the numbers. */
function notes({ lines, not_compared: not, guesses }: ReplayResult): string[] {
  const told: readonly (readonly [count: number, text: string])[] = [
    [not.malformed, 'not judged: refused at the front door or broken off, which no policy changes'],
    [
      not.circumstances,
      'not judged: refused for what went on in the gate (memory, draining, store, an error)',
    ],
    [not.incomplete, 'not judged: written by an earlier version, which did not tell enough'],
    [not.unread, 'not judged: showed a credential at which nobody had looked'],
    [guesses.carried, 'without the recorded query or body: what `validate` said of it is taken over'],
    [guesses.assumed, 'without the recorded query or body, nor validated then: taken to be good'],
    [guesses.client, 'a proxy that is trusted now may have named another client: taken as recorded'],
    [lines.late, 'charged to limits late: ended too long after the decision'],
    [lines.dropped, 'missing, by the word of the gate: limits may be off'],
    [lines.broken, 'torn, or not of an audit'],
    [lines.outside, 'outside of the time asked for: charged to limits, not compared'],
  ]
  return told.filter(([count]) => count > 0).map(([count, text]) => `  ${number(count)} ${text}`)
}

function changedText(count: number): string {
  return count === 1 ? '1 decision changes' : `${number(count)} decisions change`
}
