import { z } from 'zod'
import { PROBLEM_ID, PROBLEM_TYPE } from './problem.ts'

type JsonSchema = Record<string, unknown>

/** A schema as Fastify and the OpenAPI document take it. */
export function jsonOf(schema: z.ZodType): JsonSchema {
  // OpenAPI 3.1 names its dialect of JSON Schema for the whole document.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-7' })
  return json
}

const REFUSALS = { 400: 'Bad request.', 401: 'Without the token.', 403: 'From another origin.' } as const
const MORE_REFUSALS = { 415: 'Not JSON.', 421: 'For another host.', 429: 'Too many wrong tokens.' } as const

/** What an operation answers: `good` with 200, and refusals; `more` names those of its own by their status. */
export function answers(good: JsonSchema, more: Readonly<Record<number, string>> = {}): JsonSchema {
  const all: Readonly<Record<number, string>> = { ...REFUSALS, ...MORE_REFUSALS, ...more }
  const refusals = Object.entries(all).map(([status, description]) => [status, problem(description)])
  return { 200: good, ...Object.fromEntries(refusals) }
}

function problem(description: string): JsonSchema {
  return { description, content: { [PROBLEM_TYPE]: { schema: { $ref: `${PROBLEM_ID}#` } } } }
}

/** ISO 8601 in UTC. */
export const timeSchema = z.string().meta({ format: 'date-time' })

export const isoTime = (ms: number): string => new Date(ms).toISOString()
