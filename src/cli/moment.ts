import { z } from 'zod'
import { duration } from '../policies/units.ts'
import { WrongUse } from './options.ts'

const MOMENT = z.union([
  duration().transform((ms) => ({ agoMs: ms })),
  z.union([z.iso.date(), z.iso.datetime({ offset: true })]).transform((text) => ({ atMs: Date.parse(text) })),
])

/**
 * A moment that somebody typed: `2026-11-20`, `2026-11-20T14:00:00Z`, or `2h` for so long ago. Epoch milliseconds.
 * @throws WrongUse that names the option
 */
export function momentOf(option: string, text: string, nowMs: number): number {
  const moment = MOMENT.safeParse(text)
  if (!moment.success) {
    throw new WrongUse(
      `--${option}: write a time such as 2026-11-20T14:00:00Z, a date, or 2h for two hours ago`,
    )
  }
  return 'agoMs' in moment.data ? nowMs - moment.data.agoMs : moment.data.atMs
}

interface Typed {
  readonly since?: string | undefined
  readonly until?: string | undefined
}

/** The time from `--since` to `--until`, without an end where none was typed. @throws WrongUse when it is none at all */
export function spanOf({ since, until }: Typed, nowMs: number): { sinceMs: number; untilMs: number } {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : momentOf('since', since, nowMs)
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : momentOf('until', until, nowMs)
  if (sinceMs < untilMs) return { sinceMs, untilMs }
  throw new WrongUse('--since has to be before --until: between these there is no time')
}
