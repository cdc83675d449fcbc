import type { ReadLine } from '../replay/line.ts'
import type { Imported } from './openapi.ts'
import { ImportProblem } from './problem.ts'
import { Learning } from './seen.ts'
import { starterOfSeen } from './seen-starter.ts'
import { ranked } from './use.ts'

export interface AuditOptions {
  readonly sinceMs: number
  readonly untilMs: number
  /** Where the API is; null: as usual. */
  readonly upstream: string | null
  /** Names of the files in comments. */
  readonly file: string
}

/** @throws ImportProblem when there is nothing to learn from */
export async function starterOfAudit(
  lines: AsyncIterable<ReadLine>,
  options: AuditOptions,
): Promise<Imported> {
  const learning = new Learning()
  for await (const read of lines) {
    if (read.kind !== 'request') learning.other(read)
    else if (read.line.atMs >= options.sinceMs && read.line.atMs <= options.untilMs)
      learning.request(read.line)
  }
  if (learning.requests === 0) {
    const why = ranked(learning.leftOut).map(([reason, times]) => `${times} ${reason}`)
    throw new ImportProblem(
      `there is no request to learn from${why.length === 0 ? '' : `: ${why.join(', ')}`}`,
    )
  }
  return starterOfSeen(learning, options)
}
