/** What a member is: a thing of the specification, names with things, names with examples, or one example. */
type Where = 'thing' | 'names' | 'examples' | 'example'

/** Their keys are names that the author chose. */
const NAMED: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'],
  ...['paths', 'webhooks', 'responses', 'headers', 'links', 'callbacks', 'content', 'encoding', 'variables'],
  ...['schemas', 'parameters', 'requestBodies', 'securitySchemes', 'pathItems'],
])
const DATA: ReadonlySet<string> = new Set(['example', 'default', 'enum', 'const'])

/**
 * The document without examples and other data that only look like parts of it: `{ $ref: other.json }` in an example
 * refers to nothing. Texts and numbers stay.
 */
export function withoutData(root: unknown): unknown {
  return copy(root, 'thing')
}

function copy(value: unknown, where: Where): unknown {
  if (Array.isArray(value)) return value.map((one) => copy(one, 'thing'))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key, one]) => !isData(key, one, where))
  return Object.fromEntries(kept.map(([key, one]) => [key, copy(one, whereOf(key, where))]))
}

function isData(key: string, value: unknown, where: Where): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (where === 'example') return key === 'value'
  return where === 'thing' && (DATA.has(key) || (key === 'examples' && Array.isArray(value)))
}

function whereOf(key: string, where: Where): Where {
  if (where === 'names') return 'thing'
  if (where === 'examples') return 'example'
  if (key === 'examples') return 'examples'
  return NAMED.has(key) ? 'names' : 'thing'
}
