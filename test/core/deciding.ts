import fc from 'fast-check'
import { decide } from '../../src/core/decide.ts'
import type { Facts } from '../../src/core/facts.ts'
import { FORWARDING_NAMES, HOP_BY_HOP, NEVER_FORWARDED, SERVER_NAMES } from '../../src/core/headers.ts'
import type { Context, Decision, Policy, RequestPlan, Route } from '../../src/core/policy.ts'
import { type Learned, pass, type Verdict } from '../../src/core/verdict.ts'
import { factsWith, portsWith, ROUTE } from '../policies/request.ts'

/** What every reply plan drops. */
export const REPLY_DROPPED: readonly string[] = [...HOP_BY_HOP, ...SERVER_NAMES, 'x-request-id']

/** A plan that drops what every plan drops, and `drop`. */
export function requestPlan(parts: { set?: string[]; drop?: string[] } = {}): RequestPlan {
  const drop = new Set([...NEVER_FORWARDED, ...FORWARDING_NAMES, ...(parts.drop ?? [])])
  return { drop, set: parts.set ?? [], host: null, dropQuery: [] }
}

/** What a check does, whatever it is asked. */
export type Answering = (context: Context) => Verdict | Promise<Verdict>

/** A route that asks these checks, named a, b, c … */
export function routeOf(checks: readonly Answering[], parts: Partial<Route> = {}): Route {
  return { ...ROUTE, checks: checks.map((run, i) => ({ name: String.fromCharCode(97 + i), run })), ...parts }
}

/** Every check of `routeOf` only reports, but to this share. */
export function reporting(enforcedPercent = 0): Pick<Route, 'mode' | 'reporting'> {
  const checks = new Set([...'abcdefgh'])
  return { mode: 'report', reporting: { checks, enforcedPercent, reply: ROUTE.reply } }
}

/** A policy that finds `route` for everything, and nothing when it is null. */
export function policyOf(route: Route | null, parts: Partial<Policy> = {}): Policy {
  return {
    hash: '0123456789abcdef',
    routes: route === null ? [] : [route],
    find: () => route,
    trust: { ranges: [] },
    hosts: null,
    guardedNames: new Set(),
    onceNames: new Set(),
    credentialNames: new Set(),
    reply: { drop: new Set(REPLY_DROPPED), set: [] },
    ...parts,
  }
}

/** The decision about a GET on a route with these checks. */
export function decided(
  checks: readonly Answering[],
  parts: Partial<Route> = {},
  facts: Partial<Facts> = {},
): Decision | Promise<Decision> {
  return decide(policyOf(routeOf(checks, parts)), factsWith(facts), portsWith())
}

/** A decision that forwards, with these facts and what its one check learns. */
export function forwarded(
  facts: Partial<Facts>,
  learned: Learned = {},
  parts: Partial<Route> = {},
): Decision {
  const decision = decided([() => pass(learned)], parts, facts)
  if (decision instanceof Promise) throw new Error('the decision waits')
  return decision
}

/** Flat fields as pairs with lower-case names. */
export function pairsOf(fields: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [
    String(fields[2 * i]).toLowerCase(),
    String(fields[2 * i + 1]),
  ])
}

/** All values of a field, in order. */
export function valuesOf(fields: readonly string[], lowerName: string): string[] {
  return pairsOf(fields).flatMap(([name, value]) => (name === lowerName ? [value] : []))
}

/** The same name in any case. */
export function randomCase(name: string): fc.Arbitrary<string> {
  return fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => Array.from(name, (char, i) => (upper[i] ? char.toUpperCase() : char)).join(''))
}
