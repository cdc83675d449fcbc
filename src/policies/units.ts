import { z } from 'zod'

const DURATION = /^(0|[1-9]\d{0,8})(ms|s|m|h|d)$/
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const SIZE = /^(0|[1-9]\d{0,8})(B|KB|MB|GB)$/
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }
const PERCENT = /^(0|[1-9]\d{0,2})%$/
const RATE = /^([1-9]\d{0,8})\/(second|minute|hour|day)$/
const MS_PER_PERIOD: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** `max` requests per `windowMs`. */
export interface Rate {
  readonly max: number
  readonly windowMs: number
}

/** Text such as `250ms`, `15s`, `10m`, `1h`, `30d`; read as milliseconds. */
export function duration() {
  return text(DURATION, 'write a duration such as 250ms, 15s, 10m, 1h or 30d').transform((value) =>
    measured(value, MS_PER_UNIT),
  )
}

/** The longest delay a timer of Node can take: 2^31 - 1 ms, a little under 25 days. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * A duration that a timer has to take: neither nothing nor more than 24 days, which Node would make 1 ms of.
 * Read as milliseconds.
 */
export function timerDuration(minMs = 1) {
  return duration().refine((value) => value >= minMs && value <= MAX_TIMER_MS, `from ${minMs}ms to 24d`)
}

/** Text such as `512B`, `64KB`, `1MB`: powers of 1024. Read as bytes. */
export function byteSize() {
  return text(SIZE, 'write a size such as 512B, 64KB or 1MB').transform((value) =>
    measured(value, BYTES_PER_UNIT),
  )
}

/** Text such as `50%`. Read as a number of percent, 0..100. */
export function percent() {
  return text(PERCENT, 'write a share such as 50%')
    .transform((value) => Number(value.slice(0, -1)))
    .refine((value) => value <= 100, 'at most 100%')
}

/** Text such as `10/minute`: per second, minute, hour or day. */
export function rate() {
  return text(RATE, 'write a rate such as 10/second, 60/minute, 1000/hour or 5000/day').transform(
    (value): Rate => {
      const slash = value.indexOf('/')
      return {
        max: Number(value.slice(0, slash)),
        windowMs: MS_PER_PERIOD[value.slice(slash + 1)] as number,
      }
    },
  )
}

function text(pattern: RegExp, message: string) {
  return z.string({ error: message }).regex(pattern, message)
}

/** Takes a text that its pattern has accepted: digits and a unit. */
function measured(value: string, perUnit: Readonly<Record<string, number>>): number {
  const count = Number.parseInt(value, 10)
  return count * (perUnit[value.slice(String(count).length)] as number)
}
