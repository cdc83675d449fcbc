import type { Dimension, Limit, StoreErrorMode, Window } from '../core/limits.ts'
import { limitOf } from '../policies/limit/schema.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { Path } from './yaml-values.ts'

const DAY_MS = 86_400_000
const LONGEST_MS = { day: DAY_MS, month: 31 * DAY_MS } as const
const NEEDS_PRINCIPAL: ReadonlySet<Dimension> = new Set(['key', 'org', 'subject'])

export function compileLimits({ named }: Sections, draft: Draft): ReadonlyMap<string, Limit> {
  const compiled = new Map<string, Limit>()
  for (const [name, settings] of named.limits) {
    if (settings === null) continue
    compiled.set(name, limitOf(name, settings))
    if (draft.has(['redis'])) continue
    for (const key of ['on_store_error', 'accuracy'] as const) {
      if (settings[key] === undefined) continue
      const message = `\`${key}\` has no effect without \`redis\`: this process counts by itself`
      draft.notice('no-effect', ['limits', name, key], message)
    }
  }
  return compiled
}

/** A route's limits by name; `at` is where its list stands. */
export interface RouteLimitNames {
  readonly names: string | readonly string[]
  readonly at: Path
  readonly anonymousOnly: boolean
  readonly routeId: string
}

/** Limits that could never refuse anything are mistakes: somebody believes that they protect. */
export function tellPointlessLimits(
  { names, at, anonymousOnly, routeId }: RouteLimitNames,
  limits: ReadonlyMap<string, Limit>,
  draft: Draft,
): void {
  const list = typeof names === 'string' ? [names] : names
  const place = (index: number) => (typeof names === 'string' ? at : [...at, index])
  const found = list.map((name) => limits.get(name))
  for (const [index, limit] of found.entries()) {
    if (limit === undefined) continue
    const dimension = limit.by.find((by) => NEEDS_PRINCIPAL.has(by))
    if (anonymousOnly && dimension !== undefined) {
      const message = `\`${limit.name}\` counts by ${dimension}, but with \`auth: none\` nobody has one on route \`${routeId}\``
      draft.error(place(index), message, 'give that route `limits` that count by ip', 'limit-pointless')
    }
    const stricter = found.find(
      (other, i) => other !== undefined && i !== index && hides(other, limit, i < index),
    )
    if (stricter !== undefined) {
      draft.error(
        place(index),
        `\`${limit.name}\` is pointless beside \`${stricter.name}\`, which is never looser`,
        undefined,
        'limit-pointless',
      )
    }
  }
}

/** Of two that are equal only the second is pointless. */
function hides(stricter: Limit, limit: Limit, isBefore: boolean): boolean {
  if (stricter.name === limit.name || !countTheSame(stricter, limit)) return false
  return covers(stricter, limit) && (isBefore || !covers(limit, stricter))
}

const STRICTNESS: Readonly<Record<StoreErrorMode, number>> = { allow: 0, local: 1, deny: 2 }

/** Whether `limit` refuses nothing that `stricter` would not. One with a cooldown goes on refusing by itself. */
export function covers(stricter: Limit, limit: Limit): boolean {
  if (limit.cooldown !== null) return false
  if (placesOf(stricter) > placesOf(limit)) return false
  if (STRICTNESS[stricter.onStoreError] < STRICTNESS[limit.onStoreError]) return false
  // Leases let more through than its windows hold.
  if (stricter.accuracy === 'leased' && limit.accuracy !== 'leased') return false
  return limit.windows.every((window) => stricter.windows.some((other) => implies(other, window)))
}

function placesOf({ concurrent }: Limit): number {
  return concurrent ?? Number.POSITIVE_INFINITY
}

function countTheSame(a: Limit, b: Limit): boolean {
  return a.by.length === b.by.length && a.by.every((dimension) => b.by.includes(dimension))
}

/** Whoever keeps to `window` keeps to `other`, too: so many of its windows cover one of the other's. */
export function implies(window: Window, other: Window): boolean {
  if (window.kind === 'sliding') return window.max * Math.ceil(lengthOf(other) / window.windowMs) <= other.max
  if (other.kind === 'sliding') return false
  const units = window.unit === 'day' && other.unit === 'month' ? 31 : 1
  return window.max * units <= other.max
}

function lengthOf(window: Window): number {
  return window.kind === 'sliding' ? window.windowMs : LONGEST_MS[window.unit]
}
