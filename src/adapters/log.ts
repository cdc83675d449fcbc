import { type Logger, pino } from 'pino'
import { openStandard } from './line-file.ts'
import { LineSink } from './line-sink.ts'

/** What the program tells its operator; the audit trail is another matter. */
export interface Log {
  info(message: string, details?: LogDetails): void
  warn(message: string, details?: LogDetails): void
  error(message: string, details?: LogDetails): void
  /** For a process that must end now. */
  flushNow(): void
}

export type LogDetails = Readonly<Record<string, unknown>>

const STDERR = 2
const MAX_QUEUED_BYTES = 1024 * 1024

/**
 * Lines on standard error, so that standard output stays the audit's: JSON by pino, or plain text for a terminal.
 * A reader that stops cannot stop the program.
 */
export function createLog(isTerminal: boolean): Log {
  const sink = new LineSink({
    name: 'stderr',
    open: () => openStandard(STDERR),
    maxQueuedBytes: MAX_QUEUED_BYTES,
    gap: (dropped) => `{"level":"warn","msg":"log lines dropped","dropped":${dropped}}\n`,
    // There is nowhere else to tell of it.
    onProblem: () => undefined,
  })
  setInterval(() => sink.tick(), TICK_MS).unref()
  const write = (text: string): void => {
    sink.write(text)
    sink.tick()
  }
  return isTerminal ? terminalLog(write, sink) : jsonLog(write, sink)
}

const TICK_MS = 500

function jsonLog(write: (line: string) => void, sink: LineSink): Log {
  const logger: Logger = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
  return {
    info: (message, details = {}) => logger.info(details, message),
    warn: (message, details = {}) => logger.warn(details, message),
    error: (message, details = {}) => logger.error(details, message),
    flushNow: () => sink.flushNow(),
  }
}

/** Whatever a terminal might obey; line feeds are ours. */
const CONTROL = /[^\P{Cc}\n]|[\u2028\u2029]/gu

function terminalLog(write: (line: string) => void, sink: LineSink): Log {
  const tell = (level: string, message: string, details: LogDetails = {}): void => {
    const rest = Object.entries(details).map(([name, value]) => `\n    ${name}: ${shown(value)}`)
    write(`${level}${message}${rest.join('')}`.replace(CONTROL, '\ufffd').concat('\n'))
  }
  return {
    info: (message, details) => tell('', message, details),
    warn: (message, details) => tell('warning: ', message, details),
    error: (message, details) => tell('error: ', message, details),
    flushNow: () => sink.flushNow(),
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `\n      ${shown(item)}`).join('')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
