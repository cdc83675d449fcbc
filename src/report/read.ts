import type { ReadLine } from '../replay/line.ts'
import { Report } from './report.ts'
import type { ReportResult } from './result.ts'

/** A report made of audit files, and what the files were. */
export interface FileReport extends ReportResult {
  readonly lines: {
    /** Of something else than a request. */
    readonly other: number
    readonly broken: number
    /** Lines that the gate could not write, by its own account. */
    readonly dropped: number
    /** Requests before the time that was asked for. */
    readonly outside: number
  }
}

/** Reads lines one after the other, however many. @param sinceMs leaves out what was before, epoch milliseconds */
export async function reportOf(lines: AsyncIterable<ReadLine>, sinceMs: number): Promise<FileReport> {
  const report = new Report()
  const counts = { other: 0, broken: 0, dropped: 0, outside: 0 }
  for await (const read of lines) {
    switch (read.kind) {
      case 'request':
        if (read.line.atMs < sinceMs) counts.outside += 1
        else report.line(read.line)
        break
      case 'gap':
        counts.dropped += read.dropped
        break
      default:
        counts[read.kind] += 1
    }
  }
  return { ...report.told(), lines: counts }
}
