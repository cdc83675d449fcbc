import { z } from 'zod'
import type { CircuitSettings } from '../../core/policy.ts'
import { percent, timerDuration } from '../units.ts'

const MAX_MIN_REQUESTS = 1_000_000
const MIN_WINDOW_MS = 1000

const written = z.strictObject({
  error_rate: percent()
    .refine((value) => value > 0, 'at least 1%')
    .prefault('50%')
    .meta({ description: 'The share of failures that opens the circuit.', examples: ['50%'] }),
  window: timerDuration(MIN_WINDOW_MS)
    .prefault('10s')
    .meta({ description: 'How long a request counts, at least 1s.', examples: ['10s'] }),
  min_requests: z
    .int()
    .min(1)
    .max(MAX_MIN_REQUESTS)
    .default(20)
    .meta({ description: 'With fewer requests in the window the circuit stays closed.', examples: [20] }),
  open_for: timerDuration()
    .prefault('30s')
    .meta({ description: 'How long nothing is sent before one request is tried.', examples: ['30s'] }),
})

/** Settings of `upstreams.NAME.circuit`. */
export const circuitSchema = z
  .union([z.literal('off'), written])
  .meta({ description: 'When an upstream that keeps failing is left alone for a while; `off` is never.' })

export type CircuitOutput = z.output<typeof circuitSchema>

/**
 * @param settings undefined when the upstream does not write the key
 * @returns null when the circuit is off
 */
export function circuitSettings(settings: CircuitOutput | undefined): CircuitSettings | null {
  if (settings === 'off') return null
  const { error_rate, window, min_requests, open_for } = settings ?? written.parse({})
  return Object.freeze({
    errorPercent: error_rate,
    windowMs: window,
    minRequests: min_requests,
    openForMs: open_for,
  })
}
