import {
  type BucketState,
  type Charge,
  type ChargeResult,
  NO_WARNINGS,
  warningOf,
} from '../../core/limits.ts'
import { StoreError } from './store-error.ts'

/** Time, index of the refusing charge, cause, wait. */
const HEAD = 4
const PER_CHARGE = 3
const MAX_NUMBERS = 4096

export interface ChargeReply {
  readonly result: ChargeResult
  /** Epoch milliseconds by the clock of Redis. */
  readonly atMs: number
}

/** Believes nothing of what Redis answers: a server that is none of ours must not let anybody in or fail a request. */
export function chargeReply(reply: unknown, charges: readonly Charge[]): ChargeReply {
  const numbers = numbersOf(reply)
  const [atMs = 0, refused = 0, cause = 0, retryAfterMs = 0] = numbers
  const statesEnd = HEAD + PER_CHARGE * charges.length
  if (numbers.length < statesEnd || refused < -1 || refused >= charges.length) throw wrongReply()
  if (cause < 0 || cause > 1 || (refused === -1 ? retryAfterMs !== 0 : retryAfterMs < 1)) throw wrongReply()
  const states = charges.map((charge, i) =>
    stateOf(numbers, HEAD + PER_CHARGE * i, charge.limit.windows.length),
  )
  const warnings = warningsOf(numbers.slice(statesEnd), charges)
  const result: ChargeResult = {
    refused,
    cause: cause === 1 ? 'cooldown' : 'window',
    retryAfterMs,
    states,
    warnings,
  }
  return { result, atMs }
}

function numbersOf(reply: unknown): readonly number[] {
  if (!Array.isArray(reply) || reply.length < HEAD || reply.length > MAX_NUMBERS) throw wrongReply()
  for (const value of reply) if (!Number.isSafeInteger(value)) throw wrongReply()
  return reply
}

function stateOf(numbers: readonly number[], at: number, windowCount: number): BucketState {
  const [remaining = 0, resetMs = 0, window = 0] = numbers.slice(at, at + PER_CHARGE)
  const isOpen = remaining === -1 && windowCount === 0
  if (resetMs < 0 || window < 0 || window >= Math.max(1, windowCount)) throw wrongReply()
  if (remaining < 0 && !isOpen) throw wrongReply()
  return { remaining: isOpen ? Number.POSITIVE_INFINITY : remaining, resetMs, window }
}

function warningsOf(pairs: readonly number[], charges: readonly Charge[]): readonly string[] {
  if (pairs.length === 0) return NO_WARNINGS
  const warnings: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const limit = charges[pairs[i] ?? -1]?.limit
    const share = limit?.warnAt[pairs[i + 1] ?? -1]
    if (limit === undefined || share === undefined) throw wrongReply()
    warnings.push(warningOf(limit, share))
  }
  return warnings
}

function wrongReply(): StoreError {
  return new StoreError('reply', 'Redis answered something else than it was asked for')
}
