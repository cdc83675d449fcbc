import { z } from 'zod'
import type { Upstream } from '../../core/policy.ts'
import { timerDuration } from '../units.ts'

/** Settings of `upstreams.NAME.timeout`. */
export const timeoutSchema = z
  .strictObject({
    connect: timerDuration()
      .prefault('1s')
      .meta({
        description:
          'How long dialling may take, TLS included, and how long a request may wait for a free connection.',
        examples: ['1s'],
      }),
    response: timerDuration()
      .prefault('15s')
      .meta({
        description:
          "How long the upstream may take from the end of the request to the end of the reply's head.",
        examples: ['15s'],
      }),
    idle: timerDuration()
      .prefault('60s')
      .meta({
        description: "The longest pause of the upstream between two pieces of a reply's body.",
        examples: ['60s'],
      }),
  })
  .meta({ description: 'The clocks of one try.' })

export type TimeoutOutput = z.output<typeof timeoutSchema>

/** @param settings undefined when the upstream does not write the key */
export function timeoutSettings(settings: TimeoutOutput | undefined): Upstream['timeout'] {
  const { connect, response, idle } = settings ?? timeoutSchema.parse({})
  return Object.freeze({ connectMs: connect, responseMs: response, idleMs: idle })
}
