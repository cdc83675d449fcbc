import type { Cooldown, Limit, Window } from '../core/limits.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import {
  type Order,
  orderOfAccuracy,
  orderOfCooldowns,
  orderOfDimensions,
  orderOfPlaces,
  orderOfStoreErrors,
  orderOfWindows,
} from './limit-order.ts'
import { duration, rate } from './words.ts'

/** A limit in a few words. */
export function limitInWords({ by, windows, concurrent }: Limit): string {
  const parts = windows.map(windowInWords)
  if (concurrent !== null) parts.push(`${concurrent} at once`)
  return `${parts.join(', ')} by ${by.join(' and ')}`
}

function windowInWords(window: Window): string {
  return window.kind === 'sliding' ? rate(window.max, window.windowMs) : `${window.max}/${window.unit} (UTC)`
}

/** Whether there is a store that gateways share; without one some settings of limits say nothing. */
export interface HasStore {
  readonly before: boolean
  readonly after: boolean
}

export function compareLimit(before: Limit, after: Limit, hasStore: HasStore): Finding[] {
  const places = (count: number | null) => (count === null ? 'without bound' : `${count}`)
  return [
    ...windows(before, after),
    ...told(
      'limit-by',
      ['finer', 'coarser'],
      orderOfDimensions(before.by, after.by),
      `counts by ${after.by.join(' and ')}, before by ${before.by.join(' and ')}`,
      'by',
    ),
    ...told(
      'limit-cooldown',
      WORDS,
      orderOfCooldowns(before.cooldown, after.cooldown),
      `${cooldown(after.cooldown)}, before ${cooldown(before.cooldown)}`,
      'cooldown',
    ),
    ...told(
      'limit-concurrent',
      WORDS,
      orderOfPlaces(before.concurrent, after.concurrent),
      `requests under way at once: ${places(after.concurrent)}, before ${places(before.concurrent)}`,
      'concurrent',
    ),
    ...(hasStore.before && hasStore.after ? compareShared(before, after) : []),
    ...warnings(before, after),
  ]
}

/** What a store that is new makes of a limit: by itself, each gateway counted exactly and had nothing to wait for. */
export function compareFirstStore({ onStoreError, accuracy }: Limit): Finding[] {
  const open = `while the store that is new does not answer, \`on_store_error: ${onStoreError}\` lets all through`
  const leased = '`accuracy: leased` takes shares of the store that is new in advance'
  return [
    ...(onStoreError === 'allow' ? [finding('limit-store-error-looser', open, ['on_store_error'])] : []),
    ...(accuracy === 'leased' ? [finding('limit-accuracy-looser', leased, ['accuracy'])] : []),
  ]
}

function compareShared(before: Limit, after: Limit): Finding[] {
  return [
    ...told(
      'limit-store-error',
      WORDS,
      orderOfStoreErrors(before.onStoreError, after.onStoreError),
      `\`on_store_error\` is ${after.onStoreError}, before ${before.onStoreError}`,
      'on_store_error',
    ),
    ...told(
      'limit-accuracy',
      WORDS,
      orderOfAccuracy(before.accuracy, after.accuracy),
      `\`accuracy\` is ${after.accuracy}, before ${before.accuracy}`,
      'accuracy',
    ),
  ]
}

const WORDS = ['looser', 'tighter'] as const
type Family = 'limit-by' | 'limit-cooldown' | 'limit-concurrent' | 'limit-store-error' | 'limit-accuracy'

function told(
  family: Family,
  [open, closed]: readonly [string, string],
  { looser, tighter }: Order,
  sentence: string,
  key: string,
): Finding[] {
  const codes = [...(looser ? [open] : []), ...(tighter ? [closed] : [])]
  return codes.map((word) => finding(`${family}-${word}` as Code, sentence, [key]))
}

function windows(before: Limit, after: Limit): Finding[] {
  const { looser, tighter } = orderOfWindows(before.windows, after.windows)
  const now = after.windows.map(windowInWords).join(', ') || 'no rate or quota'
  const then = before.windows.map(windowInWords).join(', ') || 'none'
  const sentence = `allows ${now}, before ${then}`
  const path = changedWindow(before, after)
  return [
    ...(looser ? [finding('limit-looser', sentence, path)] : []),
    ...(tighter ? [finding('limit-tighter', sentence, path)] : []),
  ]
}

/** The key of the first window that is another one. */
function changedWindow(before: Limit, after: Limit): readonly string[] {
  const old = new Set(before.windows.map(windowInWords))
  const index = after.windows.findIndex((window) => !old.has(windowInWords(window)))
  if (after.windows[index]?.kind === 'calendar') return ['quota']
  return index === 1 ? ['burst'] : index === 0 ? ['rate'] : []
}

function cooldown(settings: Cooldown | null): string {
  if (settings === null) return 'no cooldown'
  const { after, withinMs, forMs } = settings
  return `shut for ${duration(forMs)} after ${after} refusals within ${duration(withinMs)}`
}

function warnings({ warnAt: before }: Limit, { warnAt: after }: Limit): Finding[] {
  const told = (shares: readonly number[]) =>
    shares
      .toSorted((a, b) => a - b)
      .map((share) => `${Math.round(share * 100)}%`)
      .join(', ') || 'none'
  if (told(before) === told(after)) return []
  return [finding('limit-warnings-changed', `warns at ${told(after)}, before ${told(before)}`, ['warn_at'])]
}
