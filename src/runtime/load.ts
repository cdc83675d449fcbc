import { resolve } from 'node:path'
import { type Compiled, compile } from '../config/compile.ts'
import { formatProblem } from '../config/issues.ts'
import { chunksBeside, readBounded, readerBeside } from '../config/read.ts'
import { MAX_FILE_BYTES } from '../config/yaml.ts'

/** The compiled file, or nothing, and what there is to say about it. */
export interface Loading {
  readonly compiled: Extract<Compiled, { readonly policy: object }> | null
  /** Each as `file:line:col: message`. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  /** Absolute names of all files that were read or should have been: a change of any is a change of the policy. */
  readonly files: readonly string[]
  /** Runs the policy's own tests; absent: it asks for none. @returns what has failed, as `errors` */
  readonly verify?: () => Promise<readonly string[]>
}

/** Reads and compiles a policy file. Changes nothing and never throws. */
export function loadPolicy(file: string, env: NodeJS.ProcessEnv, nowMs: number): Loading {
  const files = new Set([resolve(file)])
  const watched = <T>(read: (path: string) => T) => {
    return (path: string): T => {
      files.add(resolve(file, '..', path))
      return read(path)
    }
  }
  const readText = watched(readerBeside(file))
  const readChunks = watched(chunksBeside(file))
  try {
    const compiled = compile(readBounded(file, MAX_FILE_BYTES), { file, readText, readChunks, env, nowMs })
    const told = (severity: 'error' | 'warning') =>
      compiled.problems.filter((problem) => problem.severity === severity).map(formatProblem)
    const good = compiled.policy === null ? null : compiled
    return { compiled: good, errors: told('error'), warnings: told('warning'), files: [...files] }
  } catch (error) {
    const why = `${file}: ${error instanceof Error ? error.message : String(error)}`
    return { compiled: null, errors: [why], warnings: [], files: [...files] }
  }
}
