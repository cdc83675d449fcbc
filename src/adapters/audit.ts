import type { Audit, AuditRecord } from '../core/audit.ts'
import { auditLine, eventLine, gapLine } from './audit-line.ts'
import { openAppend, openStandard } from './line-file.ts'
import { LineSink } from './line-sink.ts'

export type SinkSettings = { readonly type: 'stdout' } | { readonly type: 'file'; readonly path: string }

export interface AuditOptions {
  readonly sinks: readonly SinkSettings[]
  readonly onProblem: (sink: string, problem: string | null) => void
  /** Bytes kept for each sink that cannot keep up. */
  readonly maxQueuedBytes?: number
  readonly flushMs?: number
  readonly nowMs?: () => number
}

export interface AuditEvent {
  readonly type: string
  /** ISO 8601 in UTC. */
  readonly time: string
  readonly [name: string]: string | number | boolean | null
}

export interface AuditState {
  readonly dropped: number
  /** `sink: problem` of each that cannot be written to. */
  readonly problems: readonly string[]
}

export interface AuditTrail extends Audit {
  /** Something that was done to the gate itself: `type` first, then what the reader should know, no secret. */
  event(event: AuditEvent): void
  state(): AuditState
  /** After a rotation: files are opened anew by their names. */
  reopen(): void
  close(timeoutMs: number): Promise<void>
  /** For a process that must end now. */
  flushNow(): void
}

const MAX_QUEUED_BYTES = 8 * 1024 * 1024
const FLUSH_MS = 200

/**
 * One line per request, to every sink. Lines are gathered and written behind the reply (`durability: after_reply`); a sink that cannot keep up loses lines beyond a bound, and says how many.
 * @throws Error that names the sink which cannot be opened
 */
export function createAudit(options: AuditOptions): AuditTrail {
  const sinks = options.sinks.map((settings) => openSink(settings, options))
  const timer = setInterval(() => sinks.forEach(tick), options.flushMs ?? FLUSH_MS)
  timer.unref()
  return {
    record(record: AuditRecord): void {
      const line = auditLine(record)
      for (const sink of sinks) sink.write(line)
    },
    event(event: AuditEvent): void {
      const line = eventLine(event)
      for (const sink of sinks) sink.write(line)
    },
    state: () => ({
      dropped: sinks.reduce((sum, sink) => sum + sink.dropped, 0),
      problems: sinks.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`])),
    }),
    reopen: () => sinks.filter(({ name }) => name !== STDOUT).forEach(reopen),
    flushNow: () => sinks.forEach(flushNow),
    async close(timeoutMs: number): Promise<void> {
      clearInterval(timer)
      await Promise.all(sinks.map((sink) => sink.close(timeoutMs)))
    },
  }
}

const STDOUT = 'stdout'
const tick = (sink: LineSink): void => sink.tick()
const reopen = (sink: LineSink): void => sink.reopen()
const flushNow = (sink: LineSink): void => sink.flushNow()

function openSink(settings: SinkSettings, options: AuditOptions): LineSink {
  const name = settings.type === 'file' ? settings.path : STDOUT
  try {
    return new LineSink({
      name,
      open: settings.type === 'file' ? () => openAppend(settings.path) : () => openStandard(1),
      maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
      gap: (dropped) => gapLine(dropped, (options.nowMs ?? Date.now)()),
      onProblem: options.onProblem,
    })
  } catch (error) {
    throw new Error(`audit sink ${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
