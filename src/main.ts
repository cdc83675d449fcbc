import { runProgram } from './cli/program.ts'

const { stdout, stderr, env } = process

// A reader that is gone (`| head`) is no failure of the program.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined)

try {
  process.exitCode = await runProgram(process.argv.slice(2), { stdout, stderr, env })
} catch (error) {
  stderr.write(`sallyport: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}

// Everything is over by now; should something still hold the process, it ends nevertheless.
setTimeout(() => process.exit(), 500).unref()
