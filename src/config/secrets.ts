/** Where `${env:NAME}` and `${file:PATH}` are looked up. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** @throws when the file cannot be read */
  readonly readText: (path: string) => string
}

export type Resolved =
  | { readonly kind: 'plain' }
  | { readonly kind: 'resolved'; readonly text: string; readonly values: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string }

const MAX_VALUE_LENGTH = 65_536
const MAX_REFERENCES = 16
const REFERENCE = /\$\{([^}]*)\}/g
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]{0,255})$/
const FILE = /^file:(.{1,4096})$/
const PLAIN: Resolved = Object.freeze({ kind: 'plain' })

/**
 * Resolves the references in one scalar. What they stand for is not looked at again, so a value cannot smuggle in
 * another reference, nor YAML: this works on nodes, not on the file's text.
 */
export function resolveSecrets(text: string, sources: SecretSources): Resolved {
  if (!text.includes('${')) return PLAIN
  const references = [...text.matchAll(REFERENCE)]
  if (references.length > MAX_REFERENCES) return failed(`more than ${MAX_REFERENCES} references in one value`)
  if (references.length === 0) return failed('`${` without its `}`')
  const values: string[] = []
  for (const [, inner = ''] of references) {
    const value = lookUp(inner, sources)
    if (typeof value !== 'string') return value
    values.push(value)
  }
  let next = 0
  return { kind: 'resolved', text: text.replace(REFERENCE, () => values[next++] ?? ''), values }
}

function lookUp(inner: string, sources: SecretSources): string | Resolved {
  const name = ENV.exec(inner)?.[1]
  if (name !== undefined) return fromEnv(name, sources)
  const path = FILE.exec(inner)?.[1]
  if (path !== undefined) return fromFile(path, sources)
  const hint = inner.includes(':-')
    ? 'there are no defaults: a secret is there or the file is refused'
    : FORMS
  return failed('this is no reference that can be resolved', hint)
}

const FORMS = 'write ${env:NAME} or ${file:PATH}'

function fromEnv(name: string, { env }: SecretSources): string | Resolved {
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined) return failed(`the environment variable ${name} is not set`, unsetHint(name))
  if (value === '') return failed(`the environment variable ${name} is empty`)
  return bounded(value, `the environment variable ${name}`)
}

function unsetHint(name: string): string {
  return `export ${name}=…; to check the file alone any value of the right form does`
}

function fromFile(path: string, { readText }: SecretSources): string | Resolved {
  const text = read(path, readText)
  if (text === null) return failed(`the file ${path} cannot be read`)
  const value = text.replace(/\r?\n$/, '')
  if (value === '') return failed(`the file ${path} is empty`)
  return bounded(value, `the file ${path}`)
}

/** The reason is left out on purpose: what a file system says of a path is not for whoever reads the message. */
function read(path: string, readText: SecretSources['readText']): string | null {
  try {
    return readText(path)
  } catch {
    return null
  }
}

function bounded(value: string, what: string): string | Resolved {
  return value.length > MAX_VALUE_LENGTH ? failed(`${what} holds more than 64KB`) : value
}

function failed(message: string, hint?: string): Resolved {
  return hint === undefined ? { kind: 'failed', message } : { kind: 'failed', message, hint }
}
