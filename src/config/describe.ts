import type { z } from 'zod'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'

const SETTINGS_BEGIN = '<!-- settings:begin -->'
const SETTINGS_END = '<!-- settings:end -->'

/** A schema and what stands before its keys, such as `limits.NAME`. */
export type Documented = readonly [prefix: string, schema: z.ZodType]

/** Markdown that tells each setting: its key, what it does, its default and an example. */
export function settingsTable(parts: readonly Documented[]): string {
  const rows = parts.flatMap(([prefix, schema]) => rowsOf(prefix, jsonSchemaOf(schema)))
  const table = rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`)
  return ['| setting | what it does | default | example |', '| --- | --- | --- | --- |', ...table].join('\n')
}

/**
 * Puts generated text between the markers of a README.
 * @returns null when the README has no markers
 */
export function withSettings(readme: string, generated: string): string | null {
  const begin = readme.indexOf(SETTINGS_BEGIN)
  const end = readme.indexOf(SETTINGS_END)
  if (begin === -1 || end < begin) return null
  return `${readme.slice(0, begin + SETTINGS_BEGIN.length)}\n\n${generated}\n\n${readme.slice(end)}`
}

type Row = readonly [key: string, what: string, fallback: string, example: string]

function rowsOf(key: string, json: JsonSchema): Row[] {
  const own: Row = [
    code(key),
    json.description ?? '',
    json.default === undefined || isEmptyObject(json.default) ? '' : code(inline(json.default)),
    json.examples?.[0] === undefined ? '' : code(inline(json.examples[0])),
  ]
  return [own, ...childrenOf(json).flatMap(([name, child]) => rowsOf(`${key}.${name}`, child))]
}

/** Settings within: of the object itself, of its alternatives, or of a list's entries. */
function childrenOf(json: JsonSchema): [string, JsonSchema][] {
  const alternatives = [json, ...((json.anyOf ?? json.oneOf ?? []) as JsonSchema[])]
  return alternatives.flatMap(({ properties }) =>
    Object.entries((properties ?? {}) as Record<string, JsonSchema>),
  )
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}

/** YAML in one line, as an author would write it. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${inline(one)}`)
      .join(', ')} }`
  }
  return typeof value === 'string' && NEEDS_QUOTES.test(value) ? JSON.stringify(value) : String(value)
}

const NEEDS_QUOTES = /^[*&!%@|>'"`-]|[,[\]{}#]|: |:$|^$|^(?:true|false|null|~|\d+)$/

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
