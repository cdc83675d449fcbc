import { z } from 'zod'
import { fileSchema } from './schema.ts'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** A reference may stand wherever text may; what it stands for is judged when the file is read. */
const REFERENCE = '\\$\\{(?:env|file):[^}]+\\}'

/** JSON Schema (draft 2020-12) of what an author writes. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', override: adjust })
}

/** The schema of the whole file as text, for config/policy.schema.json and `sallyport schema`. */
export function policyJsonSchema(): string {
  return `${JSON.stringify(jsonSchemaOf(fileSchema), null, 2)}\n`
}

/** Examples of settings that are transformed are left out by zod: they are examples of the input here. */
function adjust({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples
  if (Array.isArray(examples)) jsonSchema.examples ??= examples
  if (jsonSchema.type !== 'string' || jsonSchema.pattern === undefined) return
  if (!jsonSchema.pattern.includes(REFERENCE)) jsonSchema.pattern = `${jsonSchema.pattern}|${REFERENCE}`
}
