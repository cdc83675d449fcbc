import { basename } from 'node:path'
import { visible } from '../config/issues.ts'
import { readBounded } from '../config/read.ts'
import { upstreamUrl } from '../config/schema-values.ts'
import { linesOfFiles } from './audit-files.ts'
import type { Command, Io } from './command.ts'
import { emit } from './import-out.ts'
import { spanOf } from './moment.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport import openapi FILE [options]
sallyport import audit AUDIT.jsonl... [options]

Makes a policy to start from. It is in report mode, refuses what it has no route for, and tells where each line comes
from.

  openapi   from an OpenAPI 3.0 or 3.1 document, YAML or JSON: routes, methods, body schemas, security schemes.
            Nothing is fetched: a document in several files has to be bundled first
  audit     from audit files of a run in report mode: routes, methods, rates and keys as they were seen. Files may be
            compressed (gzip); - is standard input

  --upstream URL   where the API is. With a path, the path of the document's server is cut off and this one put in front
  --out FILE       write the policy, and body schemas to schemas/ beside it; without it the policy alone is printed
  --force          write over files that are there
  --since TIME     audit: only from here on: 2026-11-20, 2026-11-20T14:00:00Z, or 2h for two hours ago
  --until TIME     audit: only up to here
  --json           print one JSON object

Exit code: 0 good, 1 the source has nothing to make a policy of, 2 wrong use.

Example:
  sallyport import openapi openapi.yaml --upstream http://127.0.0.1:3000 --out policy.yaml
`

const OPTIONS = {
  upstream: { type: 'string' },
  out: { type: 'string' },
  force: { type: 'boolean', default: false },
  since: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']

const MAX_SHOWN = 300

/** `sallyport import`: a policy to start from. */
export const importPolicy: Command = commandOf(
  {
    name: 'import',
    summary: 'make a policy to start from, of an OpenAPI document or an audit file',
    help: HELP,
  },
  async ([source, ...args], io) => {
    if (source === 'openapi') return await fromOpenApi(readOptions(args, OPTIONS), io)
    if (source === 'audit') return await fromAudit(readOptions(args, OPTIONS), io)
    throw new WrongUse('say what to import: openapi or audit')
  },
)

type Read = ReturnType<typeof readOptions<typeof OPTIONS>>

async function fromOpenApi({ values, positionals }: Read, io: Io): Promise<number> {
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new WrongUse('name one OpenAPI document')
  if (values.since !== undefined || values.until !== undefined) {
    throw new WrongUse('--since and --until are for audit files')
  }
  const upstream = upstreamIn(values)
  // Only here: what reads documents has no place in a process that serves.
  const { MAX_DOCUMENT_BYTES, readOpenApi } = await import('../import/document.ts')
  const { starterOfOpenApi } = await import('../import/openapi.ts')
  const text = readSource(file, MAX_DOCUMENT_BYTES)
  return await emit({ source: file, ...target(values) }, io, async () => {
    const document = await readOpenApi(text)
    return starterOfOpenApi(document, {
      file: basename(file),
      upstream,
      withBodies: values.out !== undefined,
    })
  })
}

async function fromAudit({ values, positionals: files }: Read, io: Io): Promise<number> {
  if (files.length === 0) throw new WrongUse('name the audit file, or - for standard input')
  const span = spanOf(values, Date.now())
  const upstream = upstreamIn(values)
  const { starterOfAudit } = await import('../import/audit.ts')
  const source = files.join(', ')
  return await emit({ source, ...target(values) }, io, () => {
    const names = files.map((file) => basename(file)).join(', ')
    return starterOfAudit(linesOfFiles(files), { ...span, file: names, upstream })
  })
}

/** @throws WrongUse; it is not shown, for a URL may hold a password */
function upstreamIn({ upstream }: Values): string | null {
  if (upstream === undefined) return null
  const read = upstreamUrl().safeParse(upstream)
  if (!read.success) throw new WrongUse(`--upstream: ${read.error.issues[0]?.message ?? 'it is not taken'}`)
  return upstream
}

function target({ out, force, json }: Values) {
  return { out: out ?? null, force, json }
}

function readSource(file: string, maxBytes: number): string {
  try {
    return readBounded(file, maxBytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new WrongUse(visible(`${file} cannot be read: ${why}`, MAX_SHOWN))
  }
}
