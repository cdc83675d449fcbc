import { basename, dirname, resolve } from 'node:path'
import { Draft } from '../config/draft.ts'
import { formatProblem, Problems } from '../config/issues.ts'
import { readBounded, readerBeside } from '../config/read.ts'
import { MAX_FILE_BYTES, parseYaml } from '../config/yaml.ts'
import { valuesOf } from '../config/yaml-values.ts'
import { loadPolicy } from '../runtime/load.ts'
import { tellUnknownNames } from './names.ts'
import { caseSchema, headSchema, MAX_CASES } from './schema.ts'
import type { Case, Suite } from './suite.ts'

type Env = Readonly<Record<string, string | undefined>>
export interface Reading {
  readonly suite: Suite | null
  /** Each as `file:line:col: message`: of the test file, or of the policy with the file's `env`. */
  readonly errors: readonly string[]
  /** Absolute names of all files that were read, or should have been. */
  readonly files: readonly string[]
}

/** Reads a test file and the policy it is about. Changes nothing and never throws. */
export function readSuite(file: string, env: Env, nowMs: number): Reading {
  const problems = new Problems(file)
  const draft = draftOf(file, env, problems)
  if (typeof draft === 'string') return refused([draft], [resolve(file)])
  if (draft !== null && isPolicy(draft)) return refused([policyInstead(file)], [resolve(file)])
  const head = draft?.parse(headSchema, []) ?? null
  if (draft === null || head === null) return refusedBy(problems, [resolve(file)])
  const policyFile = policyFileOf(file, head.policy, draft)
  const cases = casesOf(draft)
  if (policyFile === null) return refusedBy(problems, [resolve(file)])
  const { compiled, errors, files } = loadPolicy(policyFile, { ...env, ...head.env }, nowMs)
  const read = [resolve(file), ...files]
  if (compiled === null) return refused([...told(problems), ...errors], read)
  tellUnknownNames(cases, compiled, draft)
  if (problems.hasErrors) return refusedBy(problems, read)
  const coverage = head.coverage ?? null
  return { suite: { file, policyFile, compiled, coverage, cases }, errors: [], files: read }
}

function refused(errors: readonly string[], files: readonly string[]): Reading {
  return { suite: null, errors, files }
}

function refusedBy(problems: Problems, files: readonly string[]): Reading {
  return refused(told(problems), files)
}

function told(problems: Problems): readonly string[] {
  return problems.list().map(formatProblem)
}

/** @returns a text that says why the file cannot be read, or null when it is no YAML, which is told */
function draftOf(file: string, env: Env, problems: Problems): Draft | string | null {
  let text: string
  try {
    text = readBounded(file, MAX_FILE_BYTES)
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : String(error)}`
  }
  const yaml = parseYaml(text, problems)
  if (yaml === null) return null
  return new Draft(valuesOf(yaml, { env, readText: readerBeside(file) }, problems), problems)
}

/** No key of a test file. */
const OF_POLICIES = ['routes', 'upstreams'] as const

function isPolicy(draft: Draft): boolean {
  return !draft.has(['cases']) && OF_POLICIES.some((key) => draft.has([key]))
}

function policyInstead(file: string): string {
  const tests = `${file.replace(/\.ya?ml$/, '')}.test.yaml`
  return `${file}: this is a policy, not a test file: write sallyport test ${tests}, or sallyport check ${file}`
}

const TEST_FILE = /^(.+)\.test\.(ya?ml)$/

function policyFileOf(file: string, policy: string | undefined, draft: Draft): string | null {
  if (policy !== undefined) return resolve(dirname(file), policy)
  const [, name, extension] = TEST_FILE.exec(basename(file)) ?? []
  if (name !== undefined) return resolve(dirname(file), `${name}.${extension}`)
  draft.error(['policy'], '`policy` is missing', 'a file that is not called NAME.test.yaml has to name it')
  return null
}

function casesOf(draft: Draft): Case[] {
  const count = draft.count(['cases'])
  if (count > MAX_CASES) draft.error(['cases'], `${count} cases, at most ${MAX_CASES}`)
  const lines = new Map<string, number>()
  return Array.from({ length: Math.min(count, MAX_CASES) }, (_, i) => i).flatMap((i) => {
    const settings = draft.parse(caseSchema, ['cases', i])
    if (settings === null) return []
    tellTwin(settings.name, i, lines, draft)
    return [{ ...settings, place: draft.values.valueAt(['cases', i]) }]
  })
}

function tellTwin(name: string, index: number, lines: Map<string, number>, draft: Draft): void {
  const line = lines.get(name)
  if (line !== undefined) draft.error(['cases', index, 'name'], `the case on line ${line} has the same name`)
  else lines.set(name, draft.lineOf(['cases', index]))
}
