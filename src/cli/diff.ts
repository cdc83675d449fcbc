import type { CompileOptions } from '../config/compile.ts'
import { formatProblem, visible } from '../config/issues.ts'
import { type Outlined, outline } from '../config/outline.ts'
import { chunksBeside, readBounded, readerBeside } from '../config/read.ts'
import { MAX_FILE_BYTES } from '../config/yaml.ts'
import type { Change } from '../diff/change.ts'
import { diff as compare, type Good } from '../diff/diff.ts'
import { replay } from '../replay/replay.ts'
import { linesOfFiles } from './audit-files.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { type Against, hitsOf } from './diff-against.ts'
import { type Difference, diffGithub, diffMarkdown, diffText, type Format } from './diff-text.ts'
import { jsonText } from './json-text.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport diff OLD.yaml NEW.yaml [options]

Tells what the new policy does that the old one does not, and the other way round: each difference in effect as more
open, more closed or other, with the place in the file. Two files that do the same have no differences, however they
are written. \`-\` is standard input, for a policy that names no other files: whose would they be?

  --against AUDIT.jsonl   tell how many recorded requests, keys and orgs the new policy would refuse or let in
  --format FORMAT         text (default), markdown for a comment, github for annotations of a pull request
  --json                  print one JSON object instead

Exit code: 0 nothing is more open, 1 something is, 2 wrong use or a file is refused.

Example:
  git worktree add --detach ../base main && sallyport diff ../base/config/policy.yaml config/policy.yaml
`

const OPTIONS = {
  against: { type: 'string' },
  format: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
const FORMATS: Readonly<Record<string, Format>> = {
  text: diffText,
  markdown: diffMarkdown,
  github: diffGithub,
}
const STDIN = '-'
const MAX_SHOWN = 300

/** `sallyport diff`: what a change of the policy does. */
export const diff: Command = commandOf(
  { name: 'diff', summary: 'tell what a change of the policy opens or closes', help: HELP },
  async (args, io) => {
    const { values, positionals } = readOptions(args, OPTIONS)
    const [old = '', now = ''] = positionals
    if (positionals.length !== 2) throw new WrongUse('name the old policy file and the new one')
    if ([old, now, values.against].filter((file) => file === STDIN).length > 1) {
      throw new WrongUse('only one file can be standard input')
    }
    const format = formatOf(values)
    const nowMs = Date.now()
    const sides = [await readSide(old, now, io, nowMs), await readSide(now, old, io, nowMs)] as const
    const problems = sides.flatMap(problemsOf)
    if (problems.length > 0) {
      io.stderr.write(`${problems.join('\n')}\n`)
      return WRONG_USE
    }
    const [before, after] = sides as readonly [Good, Good]
    const changes = compare(before, after, nowMs)
    const against = values.against === undefined ? null : await replayed(values.against, before, after)
    const difference = { old, new: now, changes, against }
    io.stdout.write(format === null ? json(difference, before, after) : format(difference, io))
    return changes.some(({ severity }) => severity === 'more_open') ? ANSWER_IS_NO : GOOD
  },
)

/** @returns null for JSON */
function formatOf({ format, json: isJson }: { format?: string | undefined; json: boolean }): Format | null {
  if (isJson && format !== undefined) throw new WrongUse('write --json or --format, not both')
  if (isJson) return null
  const chosen = Object.hasOwn(FORMATS, format ?? 'text') ? FORMATS[format ?? 'text'] : undefined
  if (chosen === undefined) throw new WrongUse(`--format is one of ${Object.keys(FORMATS).join(', ')}`)
  return chosen
}

/** @param beside the other file, whose folder stands for that of standard input */
async function readSide(file: string, beside: string, { env }: Io, nowMs: number): Promise<Outlined> {
  const base = file === STDIN ? beside : file
  const named = new Set<string>()
  const side = await outlineOf(file, {
    readText: watched(readerBeside(base), named),
    readChunks: watched(chunksBeside(base), named),
    env,
    nowMs,
  })
  if (file === STDIN && named.size > 0) throw new WrongUse(whoseFiles([...named], beside))
  return side
}

async function outlineOf(file: string, options: Omit<CompileOptions, 'file'>): Promise<Outlined> {
  try {
    const text = file === STDIN ? await readStdin() : readBounded(file, MAX_FILE_BYTES)
    return outline(text, { file, ...options })
  } catch (error) {
    throw new WrongUse(visible(`${file} cannot be read: ${textOf(error)}`, MAX_SHOWN))
  }
}

/** As `read`, and keeps the names of the files that are asked for. */
function watched<T>(read: (path: string) => T, named: Set<string>): (path: string) => T {
  return (path) => {
    named.add(path)
    return read(path)
  }
}

/** Beside the other file there are those of the other policy: a schema or key that is new there would be no difference. */
function whoseFiles([first = '', ...more]: readonly string[], beside: string): string {
  const rest = more.length === 0 ? '' : ` and ${more.length} more`
  const what = `the policy on standard input names ${visible(first, MAX_SHOWN)}${rest}`
  const why = `beside ${visible(beside, MAX_SHOWN)} there are only those of the other policy`
  return `${what}, and ${why}: check out both, as with \`git worktree add --detach ../base main\``
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    const chunk = Buffer.from(piece as Uint8Array)
    bytes += chunk.length
    if (bytes > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
    pieces.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
}

/** Only of a file that is refused: warnings are what `check` is for. */
function problemsOf({ file, outline: good, problems }: Outlined): string[] {
  if (good !== null) return []
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem)
  return [...errors, `${visible(file, MAX_SHOWN)} is refused, so there is nothing to compare`]
}

async function replayed(file: string, before: Good, after: Good): Promise<Against> {
  const { compiled } = after
  if (compiled === null) throw new Error('a policy that is good was not compiled')
  const result = await replay(linesOfFiles([file]), compiled)
  return { result, old: before.compiled?.policy.hash ?? '', outlines: [before.outline, after.outline] }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function json({ old, new: now, changes, against }: Difference, before: Good, after: Good): string {
  const count = (severity: Change['severity']) => changes.filter((one) => one.severity === severity).length
  return `${jsonText({
    old: { file: old, hash: before.compiled?.policy.hash },
    new: { file: now, hash: after.compiled?.policy.hash },
    more_open: count('more_open'),
    more_closed: count('more_closed'),
    other: count('other'),
    changes: changes.map((change) =>
      against === null ? change : { ...change, hits: hitsOf(change, against) },
    ),
    ...(against === null ? {} : { against: against.result }),
  })}\n`
}
