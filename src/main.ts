import { WRONG_USE } from './cli/command.ts'
import { Answer } from './cli/output.ts'
import { runProgram } from './cli/program.ts'

const { stderr, env } = process
const stdout = new Answer(process.stdout)
// Whoever does not listen is not told.
stderr.on('error', () => undefined)

try {
  process.exitCode = await runProgram(process.argv.slice(2), { stdout, stderr, env })
  const failure = await stdout.failure()
  if (failure !== null) {
    // Whatever the answer was, nobody has it: a key that is shown once is lost.
    stderr.write(`sallyport: the answer could not be written: ${failure}\n`)
    process.exitCode = WRONG_USE
  }
} catch (error) {
  stderr.write(`sallyport: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}

// Everything is over by now; should something still hold the process, it ends nevertheless.
setTimeout(() => process.exit(), 500).unref()
