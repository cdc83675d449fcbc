import { type Compiled, type CompileOptions, type Opened, open } from '../compile.ts'
import type { Problem, Problems, Silenced } from '../issues.ts'
import { outlineRoutes } from '../outline-route.ts'
import { credentialOverHttp } from './credential-over-http.ts'
import { keysOfNobody, keysOfNoUse } from './keys.ts'
import { limitsNeverBite } from './limits.ts'
import { routesForNobody } from './nobody.ts'
import { costlyPatterns } from './patterns.ts'
import { unreachableRoutes } from './reach.ts'
import type { PolicyCheck, Subject } from './subject.ts'
import { writeOnlyReported, writeWithoutAuth } from './write-without-auth.ts'

export interface CheckOptions extends CompileOptions {
  /** Keys that expire within this time are told. */
  readonly expiresWithinMs: number
}

/** What a file was compiled to, and everything there is to say about it. */
export interface Checked {
  readonly compiled: Compiled
  /** Those of the compiler and those of the checks. */
  readonly problems: readonly Problem[]
  /** What comments in the file silence. */
  readonly silenced: readonly Silenced[]
}

/** Every check that looks at a policy as a whole. None may throw on a policy that compiles. */
const CHECKS: readonly PolicyCheck[] = [
  unreachableRoutes,
  writeWithoutAuth,
  writeOnlyReported,
  credentialOverHttp,
  limitsNeverBite,
  keysOfNobody,
  keysOfNoUse,
  routesForNobody,
  costlyPatterns,
]

/** Compiles a policy file and looks at it more closely than a gate does that has to start. A refused file is not. */
export function checkPolicy(text: string, given: CheckOptions): Checked {
  const options = { ...given, readText: readOnce(given.readText) }
  const opened = open(text, options)
  const { compiled, problems } = opened
  const subject = subjectOf(opened, options)
  if (subject !== null) {
    for (const check of CHECKS) {
      for (const { code, path, message, hint } of check(subject))
        opened.draft?.notice(code, path, message, hint)
    }
  }
  tellAllows(problems, subject !== null)
  return { compiled, problems: problems.list(), silenced: problems.silenced() }
}

/** Files are looked at more than once, and must not change meanwhile. */
function readOnce(readText: CheckOptions['readText']): CheckOptions['readText'] {
  const texts = new Map<string, string>()
  return (path) => {
    const text = texts.get(path) ?? readText(path)
    texts.set(path, text)
    return text
  }
}

/** @returns null when the file is refused */
function subjectOf({ compiled, sections, draft }: Opened, options: CheckOptions): Subject | null {
  if (compiled.policy === null || sections === null || draft === null) return null
  const { readText, nowMs, expiresWithinMs } = options
  const { policy, settings, keys, about } = compiled
  const routes = outlineRoutes(sections, draft, policy, readText)
  const has: Subject['has'] = (path) => draft.has(path)
  return { policy, settings, keys, about, sections, routes, has, readText, nowMs, expiresWithinMs }
}

/** Which comments silence nothing is known only when everything has been looked at. */
function tellAllows(problems: Problems, isComplete: boolean): void {
  for (const { code, comment, message, hint } of problems.allows.faults()) {
    if (isComplete || code !== 'allow-unused') problems.notice(code, comment, message, hint)
  }
}
