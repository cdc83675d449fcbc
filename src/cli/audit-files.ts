import { visible } from '../config/issues.ts'
import type { ReadLine } from '../replay/line.ts'
import { auditLines } from '../replay/read.ts'
import { WrongUse } from './options.ts'

const MAX_SHOWN = 300

/**
 * The lines of audit files, one file after the other; `-` is standard input.
 * @throws WrongUse that names the file which cannot be read, or which is something else than an audit
 */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<ReadLine, void, undefined> {
  for (const file of files) {
    // A wrong path must not pass for an audit in which nothing happened; an empty file may be one.
    let [isEmpty, isAudit] = [true, false]
    for await (const read of readableLines(file)) {
      isEmpty = false
      isAudit ||= read.kind !== 'broken'
      yield read
    }
    if (!isEmpty && !isAudit) {
      throw new WrongUse(`${shown(file)} is no audit file: none of its lines is of an audit`)
    }
  }
}

async function* readableLines(file: string): AsyncGenerator<ReadLine, void, undefined> {
  try {
    yield* auditLines(file, process.stdin)
  } catch (error) {
    throw new WrongUse(
      `${shown(file)} cannot be read: ${shown(error instanceof Error ? error.message : String(error))}`,
    )
  }
}

const shown = (text: string): string => visible(text === '-' ? 'standard input' : text, MAX_SHOWN)
