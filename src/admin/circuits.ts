import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { CircuitStatus } from '../adapters/circuit.ts'
import { answers, isoTime, jsonOf, timeSchema } from './describe.ts'

const circuitsSchema = z
  .object({
    circuits: z.array(
      z.object({
        name: z.string().meta({ description: 'The name of the upstream.' }),
        state: z.enum(['closed', 'open', 'half_open']),
        opened_at: timeSchema
          .nullable()
          .meta({ description: 'When it last opened; null while it is closed.' }),
      }),
    ),
  })
  .meta({ description: 'The circuits of all upstreams that have one.' })

/** `/circuits`: which upstreams are being spared. */
export function circuitRoutes(app: FastifyInstance, circuits: () => readonly CircuitStatus[]): void {
  app.get(
    '/circuits',
    { schema: { summary: 'The state of each circuit', response: answers(jsonOf(circuitsSchema)) } },
    async (): Promise<z.input<typeof circuitsSchema>> => ({ circuits: circuits().map(shown) }),
  )
}

function shown({ name, state, openedAtMs }: CircuitStatus) {
  return { name, state, opened_at: openedAtMs === null ? null : isoTime(openedAtMs) }
}
