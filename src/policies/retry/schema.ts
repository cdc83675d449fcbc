import { z } from 'zod'
import type { RetrySettings } from '../../core/policy.ts'
import { percent } from '../units.ts'

const MAX_ATTEMPTS = 5

const written = z.strictObject({
  attempts: z
    .int()
    .min(1)
    .max(MAX_ATTEMPTS)
    .default(2)
    .meta({ description: 'Tries in all; 1 is no retry.', examples: [2] }),
  budget: percent()
    .prefault('20%')
    .meta({ description: 'Retries may be at most this share of the requests.', examples: ['20%'] }),
})

/** Settings of `upstreams.NAME.retry`. */
export const retrySchema = z
  .union([z.literal('off'), written])
  .meta({ description: 'When a request that the upstream did not take may be sent again; `off` is never.' })

export type RetryOutput = z.output<typeof retrySchema>

const OFF: RetrySettings = Object.freeze({ attempts: 1, budgetPercent: 0 })

/** @param settings undefined when the upstream does not write the key */
export function retrySettings(settings: RetryOutput | undefined): RetrySettings {
  if (settings === 'off') return OFF
  const { attempts, budget } = settings ?? written.parse({})
  return Object.freeze({ attempts, budgetPercent: budget })
}
