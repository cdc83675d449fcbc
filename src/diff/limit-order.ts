import { implies } from '../config/compile-limits.ts'
import { textOf } from '../config/outline-words.ts'
import type { Accuracy, Cooldown, Dimension, Limit, StoreErrorMode, Window } from '../core/limits.ts'

/** Whether there is something that the new one lets through and the old one does not, and the other way round. */
export interface Order {
  readonly looser: boolean
  readonly tighter: boolean
}

/** Compares what is allowed as a number. */
function byNumber(before: number, after: number): Order {
  return { looser: after > before, tighter: after < before }
}

/** Windows are held all at once, so one more can only refuse, and one less only let through. */
export function orderOfWindows(before: readonly Window[], after: readonly Window[]): Order {
  const holds = (windows: readonly Window[], window: Window) => windows.some((one) => implies(one, window))
  return {
    looser: before.some((window) => !holds(after, window)),
    tighter: after.some((window) => !holds(before, window)),
  }
}

/** Whoever has a key has its subject and org, so counting by key tells apart at least what these do. */
const IMPLIED: Readonly<Partial<Record<Dimension, readonly Dimension[]>>> = { key: ['org', 'subject'] }

/** Two that tell apart in ways that cannot be compared may both let more through. */
export function orderOfDimensions(before: readonly Dimension[], after: readonly Dimension[]): Order {
  return { looser: !tellsApart(before, after), tighter: !tellsApart(after, before) }
}

/** Whether `by` keeps apart everything that `other` keeps apart. */
function tellsApart(by: readonly Dimension[], other: readonly Dimension[]): boolean {
  const all = new Set<Dimension>([...by.flatMap((one) => [one, ...(IMPLIED[one] ?? [])]), 'global'])
  return other.every((one) => all.has(one))
}

export function orderOfCooldowns(before: Cooldown | null, after: Cooldown | null): Order {
  if (before === null || after === null) {
    return { looser: before !== null && after === null, tighter: before === null && after !== null }
  }
  return {
    looser: after.after > before.after || after.withinMs < before.withinMs || after.forMs < before.forMs,
    tighter: after.after < before.after || after.withinMs > before.withinMs || after.forMs > before.forMs,
  }
}

export function orderOfPlaces(before: number | null, after: number | null): Order {
  return byNumber(before ?? Number.POSITIVE_INFINITY, after ?? Number.POSITIVE_INFINITY)
}

const FREEDOM: Readonly<Record<StoreErrorMode, number>> = { deny: 0, local: 1, allow: 2 }

export function orderOfStoreErrors(before: StoreErrorMode, after: StoreErrorMode): Order {
  return byNumber(FREEDOM[before], FREEDOM[after])
}

export function orderOfAccuracy(before: Accuracy, after: Accuracy): Order {
  return byNumber(before === 'leased' ? 1 : 0, after === 'leased' ? 1 : 0)
}

/** Whether the new one is in no way looser, so that it can take the old one's place. */
export function isNeverLooser(before: Limit, after: Limit): boolean {
  return ![
    orderOfWindows(before.windows, after.windows),
    orderOfDimensions(before.by, after.by),
    orderOfCooldowns(before.cooldown, after.cooldown),
    orderOfPlaces(before.concurrent, after.concurrent),
    orderOfStoreErrors(before.onStoreError, after.onStoreError),
    orderOfAccuracy(before.accuracy, after.accuracy),
  ].some(({ looser }) => looser)
}

/** The same limit, whatever it is called. */
export function isSame(a: Limit, b: Limit): boolean {
  return textOf({ ...a, name: '' }) === textOf({ ...b, name: '' })
}
