import type { Log } from '../adapters/log.ts'
import type { Settings } from '../config/compile-settings.ts'
import type { Current, Loaded } from './current.ts'
import type { Loading } from './load.ts'

export interface ReloadParts {
  readonly current: Current
  readonly load: () => Loading
  /** Works out what belongs to a policy, and tells those whose state outlives it. */
  readonly prepare: (compiled: NonNullable<Loading['compiled']>) => Loaded
  readonly log: Log
  readonly nowMs: () => number
}

/**
 * Reads the file again and swaps the policy, or keeps the old one. It runs in one go, so that of two reloads the later
 * one wins.
 * @returns the files that make up the policy now
 */
export function reload({ current, load, prepare, log, nowMs }: ReloadParts, why: string): readonly string[] {
  const loading = load()
  if (loading.warnings.length > 0) log.warn('policy warnings', { problems: loading.warnings })
  if (loading.compiled === null) {
    current.keep(loading.errors, nowMs())
    const { hash } = current.loaded.policy
    log.error('reload refused: the old policy stays', { why, hash, problems: loading.errors })
    return loading.files
  }
  const before = current.loaded
  try {
    current.swap(prepare(loading.compiled))
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    current.keep([problem], nowMs())
    log.error('reload failed: the old policy stays', { why, problems: [problem] })
    return loading.files
  }
  const after = current.loaded
  log.info('policy reloaded', {
    why,
    hash: after.policy.hash,
    before: before.policy.hash,
    routes: after.policy.routes.length,
  })
  tellRestart(before.settings, after.settings, log)
  return loading.files
}

/** What is read at the start only. */
const FIXED = ['listen', 'ops', 'admin', 'server', 'audit', 'store', 'redis'] as const

/** Names of settings that differ and that a running process cannot take over. */
export function needsRestart(running: Settings, wanted: Settings): readonly string[] {
  return FIXED.filter((name) => JSON.stringify(running[name]) !== JSON.stringify(wanted[name]))
}

function tellRestart(running: Settings, wanted: Settings, log: Log): void {
  const settings = needsRestart(running, wanted)
  if (settings.length > 0) log.warn('settings that take effect at the next start only', { settings })
}
