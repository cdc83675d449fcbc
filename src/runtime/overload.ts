import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Log } from '../adapters/log.ts'
import type { Pressure } from '../http/gate.ts'

export interface OverloadParts {
  /** What the process may take; null: nobody said, so nothing is ever refused for memory. */
  readonly maxBytes: number | null
  /** Told of each change of the state. */
  readonly onChange: (pressure: Pressure, usedBytes: number) => void
  readonly memory?: () => MemoryUse
  /** Collects garbage now. */
  readonly collect?: () => void
}

/** Bytes, as `process.memoryUsage` tells them. */
export type MemoryUse = Pick<NodeJS.MemoryUsage, 'rss' | 'heapTotal' | 'heapUsed' | 'external'>

const SAMPLE_MS = 250
const SHED_SHARE = 0.85
const REFUSE_SHARE = 0.95
/** Less than this in use, and what fills the process is free for the next request: refusing would help nobody. */
const HELD_SHARE = 0.7

/**
 * Watches the memory of the process, so that it refuses before the kernel kills it: from 85 % on connections are not kept
 * alive, from 95 % on requests are refused (the order of Envoy's overload manager). It looks at what the process takes
 * and at what it holds, because allocators give memory back late or never: after an attack the first stays high for
 * good, and a gate that went by it alone would never open again.
 */
export class Overload {
  readonly #parts: OverloadParts
  readonly #memory: () => MemoryUse
  /** Code, stacks and tables: what the process takes beside its heap. */
  readonly #baseBytes: number
  #pressure: Pressure = 'ok'
  #timer: NodeJS.Timeout | undefined

  constructor(parts: OverloadParts) {
    this.#parts = parts
    this.#memory = parts.memory ?? process.memoryUsage
    const { rss, heapTotal, external } = this.#memory()
    this.#baseBytes = Math.max(0, rss - heapTotal - external)
  }

  get pressure(): Pressure {
    return this.#pressure
  }

  start(): void {
    if (this.#parts.maxBytes !== null) this.#timer ??= setInterval(() => this.sample(), SAMPLE_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  sample(): void {
    const { maxBytes, onChange } = this.#parts
    if (maxBytes === null) return
    const use = this.#memory()
    const pressure = this.#judge(use, maxBytes)
    if (pressure === this.#pressure) return
    this.#pressure = pressure
    onChange(pressure, use.rss)
  }

  #judge(use: MemoryUse, maxBytes: number): Pressure {
    const wanted = pressureOf(use.rss / maxBytes)
    if (wanted === 'ok' || this.#heldBytes(use) < HELD_SHARE * maxBytes) return 'ok'
    // Whoever refuses allocates little, and then nothing would make V8 look for garbage.
    const { collect = collectGarbage } = this.#parts
    collect()
    const after = this.#memory()
    return this.#heldBytes(after) < HELD_SHARE * maxBytes ? 'ok' : pressureOf(after.rss / maxBytes)
  }

  #heldBytes({ heapUsed, external }: MemoryUse): number {
    return this.#baseBytes + heapUsed + external
  }
}

/** The watch of this process, begun: it tells the log, and ends idle connections when memory gets short. */
export function watchMemory(
  setting: number | 'auto' | 'off',
  data: { endIdle: () => void },
  log: Log,
): Overload {
  const maxBytes = memoryBound(setting)
  const onChange = (pressure: Pressure, usedBytes: number): void => {
    log.warn('memory', { pressure, used_bytes: usedBytes, max_bytes: maxBytes })
    if (pressure !== 'ok') data.endIdle()
  }
  const overload = new Overload({ maxBytes, onChange })
  overload.start()
  return overload
}

function pressureOf(share: number): Pressure {
  if (share >= REFUSE_SHARE) return 'refuse'
  return share >= SHED_SHARE ? 'shed_keepalive' : 'ok'
}

/**
 * The bound for `server.max_memory`.
 * @param limitBytes of the container, e.g. `process.constrainedMemory()`; without one it is 0 or more than there is
 * @returns null when there is none
 */
export function memoryBound(
  setting: number | 'auto' | 'off',
  limitBytes = process.constrainedMemory(),
  machineBytes = totalmem(),
): number | null {
  if (typeof setting === 'number') return setting
  if (setting === 'off') return null
  return limitBytes > 0 && limitBytes < machineBytes ? limitBytes : null
}

/** Node offers V8's collector behind a flag only. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
