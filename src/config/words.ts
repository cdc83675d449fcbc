import { z } from 'zod'

/** The words for what is wrong with a setting, in place of zod's; a schema's own message goes before these. */
export function wordsOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'too_small':
      return `must ${BOUNDED[issue.origin] ?? 'be'} at least ${unitOf(issue.origin, issue.minimum)}`
    case 'too_big':
      return `must ${BOUNDED[issue.origin] ?? 'be'} at most ${unitOf(issue.origin, issue.maximum)}`
    case 'invalid_key':
      return 'is not a usable name'
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'text of another form'}`
    default:
      return 'is not what belongs here'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a mapping of settings',
  record: 'a mapping of names to settings',
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a date such as 2027-06-30',
  datetime: 'a time such as 2027-06-30T12:00:00Z',
  url: 'a URL',
}

const BOUNDED: Readonly<Record<string, string>> = { array: 'have', string: 'have' }

function unitOf(origin: string, count: number | bigint): string {
  const unit = { array: 'entry', string: 'character' }[origin]
  if (unit === undefined) return String(count)
  return Number(count) === 1 ? `1 ${unit}` : `${count} ${unit === 'entry' ? 'entries' : 'characters'}`
}

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => `\`${String(value)}\``)
  return quoted.length === 1 ? `${quoted[0]}` : `one of ${quoted.join(', ')}`
}

/** One thing that is wrong, with the names that would have been right. */
export interface Finding {
  readonly path: readonly (string | number)[]
  readonly message: string
  /** The key at the end of `path` is what is wrong, not its value. */
  readonly isKey: boolean
  /** The message is of the schema alone and holds nothing of the value. */
  readonly isFixed: boolean
  readonly choices: readonly string[]
}

/** Single findings out of zod's nested issues; of a union the branch that was most likely meant. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType): Finding[] {
  return issues.flatMap((issue) => flatten(issue, [], schema))
}

function flatten(issue: z.core.$ZodIssue, prefix: Finding['path'], schema: z.core.$ZodType): Finding[] {
  const path = [...prefix, ...(issue.path as (string | number)[])]
  const finding = {
    path,
    message: issue.message,
    isKey: false,
    isFixed: issue.code !== 'custom',
    choices: [],
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const choices = [...keysAt(schema, path)]
        return {
          path: [...path, key],
          message: `unknown key \`${key}\``,
          isKey: true,
          isFixed: false,
          choices,
        }
      })
    case 'invalid_key':
      return [{ ...finding, message: issue.issues[0]?.message ?? issue.message, isKey: true }]
    case 'invalid_value':
      return [{ ...finding, choices: issue.values.map(String) }]
    case 'invalid_union':
      return flattenUnion(issue, finding, schema)
    default:
      return [finding]
  }
}

/** A branch that fails at its very root was not meant; if all do, what each of them takes is told. */
function flattenUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  finding: Finding,
  schema: z.core.$ZodType,
): Finding[] {
  const meant = issue.errors
    .filter((branch) => !branch.some((inner) => inner.path.length === 0 && ROOT_CODES.has(inner.code)))
    .sort((a, b) => a.length - b.length)[0]
  if (meant !== undefined) return meant.flatMap((inner) => flatten(inner, finding.path, schema))
  if (issue.message !== wordsOf(issue as z.core.$ZodRawIssue)) return [finding]
  if ('options' in issue && issue.options !== undefined) {
    return [{ ...finding, message: `must be ${oneOf(issue.options)}`, choices: issue.options.map(String) }]
  }
  const roots = issue.errors.flatMap((branch) => branch.slice(0, 1))
  const choices = roots.flatMap((root) => (root.code === 'invalid_value' ? root.values.map(String) : []))
  const wanted = new Set(roots.map(({ message }) => message.replace(/^must be /, '')))
  return [{ ...finding, message: `must be ${[...wanted].join(' or ')}`, choices }]
}

const ROOT_CODES: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_format'])

/** Names of the settings that may stand in the mapping at `path`. */
function keysAt(schema: z.core.$ZodType, path: Finding['path']): ReadonlySet<string> {
  let here = branchesOf(schema)
  for (const step of path) here = here.flatMap((branch) => childrenOf(branch, step)).flatMap(branchesOf)
  return new Set(here.flatMap((branch) => (branch instanceof z.ZodObject ? Object.keys(branch.shape) : [])))
}

/** What a schema comes down to without its wrappers: one or, for a union, several. */
function branchesOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(branchesOf)
  if (schema instanceof z.ZodPipe) return branchesOf(schema.in)
  if (schema instanceof z.ZodNullable) return branchesOf(schema.unwrap())
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return branchesOf(schema.unwrap())
  }
  return [schema]
}

function childrenOf(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element]
  if (schema instanceof z.ZodRecord) return [schema.valueType]
  if (!(schema instanceof z.ZodObject)) return []
  const child = (schema.shape as Record<string, z.core.$ZodType>)[step]
  return child === undefined ? [] : [child]
}
