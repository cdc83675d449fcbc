import { testsOf } from '../cases/tested.ts'
import type { Compiled } from '../config/compile.ts'
import type { Io } from './command.ts'

/** Runs the tests that a policy asks for. @returns what has failed, each as `file:line:col: message` */
export async function testFailures(
  file: string,
  compiled: Compiled,
  { env }: Pick<Io, 'env'>,
): Promise<readonly string[]> {
  if (compiled.policy === null) return []
  return (await testsOf(file, compiled, env, Date.now())?.verify()) ?? []
}
