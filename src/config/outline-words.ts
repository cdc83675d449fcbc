import { createHash } from 'node:crypto'

/** A short digest: tells whether two values are the same, and nothing else of them. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(textOf(value)).digest('hex').slice(0, 16)
}

/** One text for values that are equal, whatever the order of their keys. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (isMapping(one) ? sorted(one) : one)) ?? ''
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(mapping: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  // Code units, as JSON has them: the order must not depend on the language of the machine.
  const keys = Object.keys(mapping).sort()
  return Object.fromEntries(keys.map((key) => [key, mapping[key]]))
}
