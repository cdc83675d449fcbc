import { visible } from '../config/issues.ts'
import type { ReadLine } from '../replay/line.ts'
import { auditLines } from '../replay/read.ts'
import { WrongUse } from './options.ts'

const MAX_SHOWN = 300

/**
 * The lines of audit files, one file after the other; `-` is standard input.
 * @throws WrongUse that names the file which cannot be read
 */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<ReadLine, void, undefined> {
  for (const file of files) {
    try {
      yield* auditLines(file, process.stdin)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new WrongUse(visible(`${file} cannot be read: ${why}`, MAX_SHOWN))
    }
  }
}
