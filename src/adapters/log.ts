import { type Logger, pino } from 'pino'
import { asciiJson } from './ascii.ts'
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
 * Lines on standard error, so that standard output stays the audit's: JSON in ASCII by pino, or plain text in UTF-8 for a
 * terminal. A reader that stops cannot stop the program.
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
    { write: (line: string) => write(asciiJson(line)) },
  )
  return {
    info: (message, details = {}) => logger.info(details, message),
    warn: (message, details = {}) => logger.warn(details, message),
    error: (message, details = {}) => logger.error(details, message),
    flushNow: () => sink.flushNow(),
  }
}

/** Whatever a terminal might obey: C0, DEL, C1, ends of lines, and what turns the direction of writing. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu
/** Deeper than any line of ours, so that a value cannot pass for one. */
const NEXT_LINE = '\n        '

function terminalLog(write: (line: string) => void, sink: LineSink): Log {
  const tell = (level: string, message: string, details: LogDetails = {}): void => {
    const rest = Object.entries(details).map(([name, value]) => `\n    ${printable(name)}: ${shown(value)}`)
    write(bytesOf(`${level}${printable(message)}${rest.join('')}\n`))
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
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}

/** Text that may come from outside. Its line feeds stay, because a stack without them is hard to read. */
function printable(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(CONTROL, '\ufffd'))
    .join(NEXT_LINE)
}

/** UTF-8 as the sink wants it: one character for each byte. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
