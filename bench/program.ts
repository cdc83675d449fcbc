import { type Arena, openArena } from './arena.ts'
import { terminalReport } from './report.ts'
import { type Finding, passed, skippedPart } from './result.ts'

/** One line to stderr, so that stdout stays the result. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Ends the program, and with it all that it has started, when it takes too long or is interrupted. */
export function bounded(maxSeconds: number): void {
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  const giveUp = () => {
    progress(`gave up after ${maxSeconds} s`)
    process.exit(1)
  }
  setTimeout(giveUp, maxSeconds * 1000).unref()
}

/** A part that fails is a finding, not the end of the run. */
export async function attempt(id: string, part: () => Promise<Finding>): Promise<Finding> {
  try {
    return await part()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    progress(`${id} failed: ${why}`)
    return skippedPart(id, why, 'broken')
  }
}

/** Runs one part as a program of its own: exit 0 held, 1 broken. */
export async function runAlone(id: string, part: () => Promise<Finding>): Promise<void> {
  bounded(180)
  const finding = await attempt(id, part)
  process.stdout.write(terminalReport(finding))
  process.exitCode = passed(finding) ? 0 : 1
}

/** The same for a part that measures in an arena. */
export function runAloneInArena(id: string, part: (arena: Arena) => Promise<Finding>): Promise<void> {
  return runAlone(id, async () => {
    const arena = await openArena()
    try {
      return await part(arena)
    } finally {
      await arena.close()
    }
  })
}
