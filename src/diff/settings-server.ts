import type { OutlineSettings } from '../config/outline.ts'
import { type Finding, finding } from './change.ts'
import { bytes, duration } from './words.ts'

type Server = OutlineSettings['server']

interface Bound {
  readonly path: readonly string[]
  /** Larger lets clients do more. */
  readonly of: (server: Server) => number
  readonly inWords: (value: number) => string
}

const NONE = Number.POSITIVE_INFINITY
const plain = (value: number): string => `${value}`
const time = (value: number): string => (value === NONE ? 'unbounded' : duration(value))

const BOUNDS: readonly Bound[] = [
  { path: ['max_connections'], of: ({ maxConnections }) => maxConnections, inWords: plain },
  { path: ['max_headers'], of: ({ maxHeaders }) => maxHeaders, inWords: plain },
  { path: ['max_header_size'], of: ({ maxHeaderBytes }) => maxHeaderBytes, inWords: bytes },
  { path: ['max_target'], of: ({ maxTargetBytes }) => maxTargetBytes, inWords: bytes },
  { path: ['max_memory'], of: memoryOf, inWords: memoryInWords },
  { path: ['timeout', 'headers'], of: ({ timeout }) => timeout.headersMs, inWords: time },
  { path: ['timeout', 'request'], of: ({ timeout }) => timeout.requestMs || NONE, inWords: time },
  { path: ['timeout', 'keep_alive'], of: ({ timeout }) => timeout.keepAliveMs, inWords: time },
  { path: ['timeout', 'idle'], of: ({ timeout }) => timeout.idleMs, inWords: time },
]

/** More than any size that is written, since nobody knows what the container has; less than none at all. */
const AUTO = Number.MAX_SAFE_INTEGER

function memoryOf({ maxMemoryBytes }: Server): number {
  if (maxMemoryBytes === 'off') return NONE
  return maxMemoryBytes === 'auto' ? AUTO : maxMemoryBytes
}

function memoryInWords(value: number): string {
  if (value === NONE) return 'off'
  return value === AUTO ? 'auto' : bytes(value)
}

/** What clients may do to the listener. */
export function compareServer(before: Server, after: Server): Finding[] {
  return BOUNDS.flatMap(({ path, of, inWords }) => {
    const [was, is] = [of(before), of(after)]
    if (was === is) return []
    const code = is > was ? 'server-bound-raised' : 'server-bound-lowered'
    const name = ['server', ...path]
    return [finding(code, `\`${name.join('.')}\` is ${inWords(is)}, before ${inWords(was)}`, name)]
  })
}
