import type { Log } from '../adapters/log.ts'
import type { Settings } from '../config/compile-settings.ts'
import type { Current, LastReload, Loaded } from './current.ts'
import type { Loading } from './load.ts'

export interface ReloadParts {
  readonly current: Current
  /** What the process was started with: the part of it that no reload changes is what it runs on. */
  readonly started: Settings
  readonly load: () => Loading
  /** Works out what belongs to a policy, and tells those whose state outlives it. */
  readonly prepare: (compiled: NonNullable<Loading['compiled']>) => Loaded
  readonly log: Log
  readonly nowMs: () => number
}

/** What is in force after a reload, and how it went. */
export interface Reloaded {
  readonly loaded: Loaded
  readonly lastReload: LastReload
}

/**
 * Reads the file again, runs the policy's own tests if it has them, and swaps the policy or keeps the old one. It never
 * rejects. Without tests it is over when it returns.
 */
export async function reload(parts: ReloadParts, why: string): Promise<Reloaded> {
  const { current, started, load, log } = parts
  const loading = load()
  if (loading.warnings.length > 0) log.warn('policy warnings', { problems: loading.warnings })
  const { compiled, verify } = loading
  if (compiled === null) return refused(parts, why, loading.errors)
  if (verify !== undefined) {
    const failures = await verify().catch(failed)
    if (failures.length > 0) return refused(parts, why, failures)
  }
  const before = current.loaded.policy.hash
  try {
    current.swap(parts.prepare(compiled))
  } catch (error) {
    return keep(parts, why, 'reload failed: the old policy stays', failed(error))
  }
  const { policy, settings } = current.loaded
  log.info('policy reloaded', { why, hash: policy.hash, before, routes: policy.routes.length })
  tellRestart(started, settings, log)
  return stateOf(current)
}

function failed(error: unknown): readonly string[] {
  return [error instanceof Error ? error.message : String(error)]
}

function refused(parts: ReloadParts, why: string, problems: readonly string[]): Reloaded {
  return keep(parts, why, 'reload refused: the old policy stays', problems)
}

function keep(
  { current, log, nowMs }: ReloadParts,
  why: string,
  message: string,
  problems: readonly string[],
): Reloaded {
  current.keep(problems, nowMs())
  log.error(message, { why, hash: current.loaded.policy.hash, problems })
  return stateOf(current)
}

function stateOf({ loaded, lastReload }: Current): Reloaded {
  return { loaded, lastReload }
}

/**
 * One reload at a time, in the order in which they were asked for: of two, the later one wins, however long the tests of
 * the earlier take. One may wait; whoever asks meanwhile is answered by that one, which reads the file later than that.
 */
export class Reloads {
  readonly #parts: ReloadParts
  #running: Promise<Reloaded> | null = null
  #waiting: { readonly whys: Set<string>; readonly done: Promise<Reloaded> } | null = null

  constructor(parts: ReloadParts) {
    this.#parts = parts
  }

  /** It never rejects. */
  again(why: string): Promise<Reloaded> {
    if (this.#running === null) return this.#start(why)
    this.#waiting ??= { whys: new Set(), done: this.#running.then(() => this.#startWaiting()) }
    this.#waiting.whys.add(why)
    return this.#waiting.done
  }

  #startWaiting(): Promise<Reloaded> {
    const whys = [...(this.#waiting?.whys ?? [])]
    this.#waiting = null
    return this.#start(whys.join(', '))
  }

  #start(why: string): Promise<Reloaded> {
    const running = reload(this.#parts, why).finally(() => {
      if (this.#waiting === null) this.#running = null
    })
    this.#running = running
    return running
  }
}

/** What is read at the start only. */
const FIXED = ['listen', 'ops', 'admin', 'server', 'audit', 'store', 'redis'] as const

/** Names of settings that differ and that a running process cannot take over. */
export function needsRestart(started: Settings, wanted: Settings): readonly string[] {
  return FIXED.filter((name) => JSON.stringify(started[name]) !== JSON.stringify(wanted[name]))
}

/** At every reload for as long as they differ: whoever reads the latest one is not to believe that all of it is in force. */
function tellRestart(started: Settings, wanted: Settings, log: Log): void {
  const settings = needsRestart(started, wanted)
  if (settings.length > 0) log.warn('settings that take effect at the next start only', { settings })
}
