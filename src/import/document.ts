import { Validator } from '@seriousme/openapi-schema-validator'
import { parseDocument } from 'yaml'
import { visible } from '../config/issues.ts'
import { withoutData } from './data.ts'
import { ImportProblem, MAX_TOLD } from './problem.ts'
import { refusedReference, refusedSize } from './references.ts'

export type Mapping = Readonly<Record<string, unknown>>

/** A document that its specification's own schema takes, with references within itself only. */
export interface OpenApi {
  readonly version: '3.0' | '3.1'
  readonly root: Mapping
}

/** The most that an OpenAPI document may hold. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
const MAX_ALIASES = 100
const MAX_ERRORS = 5

/**
 * Reads an OpenAPI 3.0 or 3.1 document, YAML or JSON. Nothing is fetched.
 * @throws ImportProblem
 */
export async function readOpenApi(text: string): Promise<OpenApi> {
  const root = parsed(text)
  if (!isMapping(root)) throw new ImportProblem('an OpenAPI document is a mapping')
  const version = versionOf(root)
  refuse(refusedSize(root))
  const known = withoutData(root) as Mapping
  // First: the validator follows references through prototypes.
  refuse(refusedReference(known))
  const { valid, errors } = await new Validator({ allErrors: false }).validate(known)
  if (!valid) throw new ImportProblem(`this is no valid OpenAPI ${version} document: ${told(errors)}`)
  return { version, root }
}

function refuse(why: string | null): void {
  if (why !== null) throw new ImportProblem(visible(why, MAX_TOLD))
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of the mapping itself, never of its prototype. */
export function member(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

export function textOr<T>(value: unknown, other: T): string | T {
  return typeof value === 'string' ? value : other
}

function parsed(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text)
    } catch {
      // A flow mapping of YAML begins so, too.
    }
  }
  try {
    const options = { merge: false, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const
    const document = parseDocument(text, options)
    const [error] = document.errors
    if (error !== undefined) throw error
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw new ImportProblem(`this is neither JSON nor YAML: ${visible(messageOf(error), MAX_TOLD)}`)
  }
}

function versionOf({ openapi, swagger }: Mapping): OpenApi['version'] {
  if (swagger !== undefined) {
    throw new ImportProblem('this is a Swagger 2.0 document: convert it to OpenAPI 3 first')
  }
  const version = /^3\.[01](?=\.\d)/.exec(textOr(openapi, ''))?.[0]
  if (version === '3.0' || version === '3.1') return version
  throw new ImportProblem('`openapi` has to say 3.0.x or 3.1.x')
}

type Errors = Awaited<ReturnType<Validator['validate']>>['errors']

/** The deepest places first: those above them only say that nothing fits. */
function told(errors: Errors): string {
  if (!Array.isArray(errors)) return visible(errors ?? 'the validator does not tell why', MAX_TOLD)
  const lines = errors.map(({ instancePath, message }) => `#${instancePath} ${message ?? ''}`)
  const deepest = [...new Set(lines)].sort((a, b) => b.split('/').length - a.split('/').length)
  return deepest
    .slice(0, MAX_ERRORS)
    .map((line) => visible(line, MAX_TOLD))
    .join('; ')
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
