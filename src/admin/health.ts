import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Health } from '../http/probes.ts'
import { answers, jsonOf } from './describe.ts'

const healthSchema = z
  .looseObject({
    status: z.enum(['starting', 'ok', 'degraded', 'draining']),
    ready: z.boolean(),
  })
  .meta({ description: 'The state of the gate and of each part.' })

/** `/health`: what the ops listener tells; a report and no probe, so it is 200 in any state. */
export function healthRoutes(app: FastifyInstance, health: () => Health): void {
  app.get(
    '/health',
    { schema: { summary: 'The state of the gate', response: answers(jsonOf(healthSchema)) } },
    async () => {
      const { status, ready, summary } = health()
      return { status, ready, ...summary }
    },
  )
}
