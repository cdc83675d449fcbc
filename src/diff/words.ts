import { visible } from '../config/issues.ts'

const MAX_QUOTED = 80
const MAX_LISTED = 6

const MS_UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
] as const
const BYTE_UNITS = [
  [1024 ** 3, 'GB'],
  [1024 ** 2, 'MB'],
  [1024, 'KB'],
  [1, 'B'],
] as const
const PERIODS: ReadonlyMap<number, string> = new Map([
  [1000, 'second'],
  [60_000, 'minute'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
])

/** The words of others between back quotes, harmless and on one line. */
export function quoted(text: string): string {
  return `\`${visible(text.replaceAll('`', "'"), MAX_QUOTED)}\``
}

/** `a`, `b` and 7 more */
export function listed(texts: Iterable<string>): string {
  const all = [...texts]
  const shown = all.slice(0, MAX_LISTED).map(quoted)
  const rest = all.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

export function duration(ms: number): string {
  return measured(ms, MS_UNITS)
}

export function bytes(count: number): string {
  return measured(count, BYTE_UNITS)
}

function measured(value: number, units: readonly (readonly [number, string])[]): string {
  const [size, name] = units.find(([one]) => value !== 0 && value % one === 0) ?? [1, units.at(-1)?.[1]]
  return `${value / size}${name}`
}

export function rate(max: number, windowMs: number): string {
  return `${max}/${PERIODS.get(windowMs) ?? duration(windowMs)}`
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** What the new list has and the old one lacks, and the other way round. */
export function between(before: Iterable<string>, after: Iterable<string>) {
  const [old, now] = [new Set(before), new Set(after)]
  return { added: [...now.difference(old)], gone: [...old.difference(now)] }
}
