import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Report } from '../report/report.ts'
import type { ReportResult } from '../report/result.ts'
import { answers, jsonOf, timeSchema } from './describe.ts'

export interface ReportParts {
  readonly report: Pick<Report, 'told'>
}

export const reportSchema = z.object({
  from: timeSchema.nullable().meta({ description: 'The first request since the process began.' }),
  to: timeSchema.nullable(),
  requests: z.number(),
  reported: z
    .number()
    .meta({ description: 'Of these, the ones that were let through and would have been refused.' }),
  groups: z.array(
    z.object({
      route: z.string().nullable(),
      code: z.string(),
      key: z.string().nullable(),
      org: z.string().nullable(),
      requests: z.number(),
      first: timeSchema,
      last: timeSchema,
      examples: z.array(z.string()).meta({ description: 'Ids of the latest requests.' }),
    }),
  ),
  others: z.number().meta({ description: 'Refusals of groups for which there was no room.' }),
})

/** `/report`: what report mode let through. */
export function reportRoutes(app: FastifyInstance, { report }: ReportParts): void {
  const schema = { summary: 'What report mode let through', response: answers(jsonOf(reportSchema)) }
  app.get('/report', { schema }, async (): Promise<ReportResult> => report.told())
}
