import type { Log } from '../adapters/log.ts'
import { loadTested } from '../cases/tested.ts'
import type { Loading } from '../runtime/load.ts'
import { type Reloaded, type ReloadParts, Reloads } from '../runtime/reload.ts'
import { type Watcher, watchFiles } from '../runtime/watch.ts'

export interface ReloadingNeeds extends Pick<ReloadParts, 'current' | 'started' | 'prepare'> {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** The files that were read at the start. */
  readonly files: readonly string[]
}

export interface Reloading {
  /** Reads the policy again; it never rejects. */
  readonly reloadNow: (why: string) => Promise<Reloaded>
  readonly close: () => void
}

/** Watches the policy's files, and those of its tests, from now on. */
export function startReloading({ file, env, log, files, ...parts }: ReloadingNeeds): Reloading {
  const load = (): Loading => {
    const mark = watcher.mark()
    const loading = loadTested(file, env, Date.now())
    // Before the tests are run: what changes meanwhile is seen when they are over.
    watcher.accept(loading.files, mark)
    return loading
  }
  const reloads = new Reloads({ ...parts, load, log, nowMs: Date.now })
  const watcher: Watcher = watchFiles(files, { onChange: () => void reloads.again('the file changed') })
  return { reloadNow: (why) => reloads.again(why), close: () => watcher.close() }
}
