import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { compile } from '../config/compile.ts'
import { formatProblem, visible } from '../config/issues.ts'
import type { Imported } from '../import/openapi.ts'
import { ImportProblem } from '../import/problem.ts'
import { starterText } from '../import/starter.ts'
import { ANSWER_IS_NO, GOOD, type Io } from './command.ts'
import { counted } from './counted.ts'
import { jsonText } from './json-text.ts'
import { WrongUse } from './options.ts'

export interface Target {
  /** Name of what is imported. */
  readonly source: string
  /** null: standard output. */
  readonly out: string | null
  readonly force: boolean
  readonly json: boolean
}

const MAX_SHOWN = 300

/** Makes a policy and writes it where it was asked for. @returns the exit code */
export async function emit(target: Target, io: Io, make: () => Promise<Imported>): Promise<number> {
  try {
    const imported = await make()
    const text = starterText(imported.starter)
    const errors = errorsIn(text, imported, target, io)
    if (errors.length > 0) {
      tellProblems(['what came out is no policy, please report it:', ...errors], target, io)
      return ANSWER_IS_NO
    }
    if (target.out !== null) write(text, imported, target.out, target.force)
    tell(text, imported, target, io)
    return GOOD
  } catch (error) {
    if (!(error instanceof ImportProblem)) throw error
    tellProblems([visible(`${target.source}: ${error.message}`, MAX_SHOWN * 2)], target, io)
    return ANSWER_IS_NO
  }
}

function tellProblems(problems: readonly string[], { json }: Target, { stdout, stderr }: Io): void {
  if (json) stdout.write(`${jsonText({ problems })}\n`)
  else stderr.write(`${problems.join('\n')}\n`)
}

/** The policy has to be one before anything is written. */
function errorsIn(text: string, { files }: Imported, { out }: Target, { env }: Io): string[] {
  const file = out ?? 'policy.yaml'
  const readText = (path: string): string => {
    const found = files.get(path)
    if (found === undefined) throw new Error(`${path} is not there`)
    return found
  }
  const { problems } = compile(text, { file, readText, env, nowMs: Date.now() })
  return problems.filter(({ severity }) => severity === 'error').map(formatProblem)
}

function write(text: string, { files }: Imported, out: string, force: boolean): void {
  const all = new Map([[resolve(out), text]])
  for (const [path, content] of files) all.set(resolve(dirname(resolve(out)), path), content)
  const there = [...all.keys()].find((path) => existsSync(path))
  if (there !== undefined && !force)
    throw new WrongUse(`${visible(there, MAX_SHOWN)} is there already: --force writes over it`)
  try {
    for (const [path, content] of all) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content, { flag: force ? 'w' : 'wx' })
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new WrongUse(visible(`cannot be written: ${why}`, MAX_SHOWN))
  }
}

function tell(text: string, imported: Imported, { out, json }: Target, { stdout }: Io): void {
  const { routes, files, leftOut } = imported
  if (json) {
    const schemas = [...files.keys()]
    const policy = out === null ? { policy: text } : { file: out, schemas }
    stdout.write(`${jsonText({ ...policy, routes, left_out: leftOut })}\n`)
  } else if (out === null) stdout.write(text)
  else {
    const parts = [counted(routes, 'route'), counted(files.size, 'body schema'), `${leftOut.length} left out`]
    stdout.write(`${visible(out, MAX_SHOWN)} is written: ${parts.join(', ')}\n`)
    stdout.write(`Read it, then: sallyport check ${visible(out, MAX_SHOWN)}\n`)
  }
}
