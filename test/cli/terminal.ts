import { runProgram } from '../../src/cli/program.ts'

/** Runs a command line and keeps what it prints. */
export async function runLine(...args: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await runProgram(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
  })
  return { code, stdout, stderr }
}
