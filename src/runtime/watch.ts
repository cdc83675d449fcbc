import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { Fingerprints } from './fingerprint.ts'

export interface WatchOptions {
  /**
   * Told when the content of a file has changed and has stood still; returns the files to watch from now on, or nothing
   * when it says so by `accept`.
   */
  readonly onChange: () => readonly string[] | undefined
  /** How often the files are looked at although nobody told of a change. */
  readonly pollMs?: number
  /** For how long a content must stand still: a file that is being written is not read half. */
  readonly settleMs?: number
}

export interface Watcher {
  /** The present contents, for `accept`. */
  mark(): string
  /** Takes the contents at `mark`, or the present ones, for known: what has changed since is told. */
  accept(files: readonly string[], mark?: string): void
  close(): void
}

const POLL_MS = 2000
const SETTLE_MS = 50

/**
 * Watches the contents of files: changed in place, replaced by rename, or behind a symbolic link that is flipped (how
 * Kubernetes updates a ConfigMap). The folders are watched, because a watch of a file ends with the file; and the
 * contents are compared, so that other files in the folder wake nobody. A slow look at them makes up for file systems
 * that tell nothing.
 */
export function watchFiles(files: readonly string[], options: WatchOptions): Watcher {
  return new ContentWatcher(files, options)
}

class ContentWatcher implements Watcher {
  readonly #onChange: WatchOptions['onChange']
  readonly #settleMs: number
  readonly #fingerprints = new Fingerprints()
  readonly #folders = new Map<string, FSWatcher>()
  readonly #poll: NodeJS.Timeout
  #files: readonly string[]
  #known: string
  #candidate: string | null = null
  #check: NodeJS.Timeout | null = null

  constructor(files: readonly string[], { onChange, pollMs = POLL_MS, settleMs = SETTLE_MS }: WatchOptions) {
    this.#onChange = onChange
    this.#settleMs = settleMs
    this.#files = files
    this.#known = this.#fingerprints.of(files)
    this.#watchFolders()
    this.#poll = setInterval(() => {
      this.#watchFolders()
      this.#look()
    }, pollMs)
    this.#poll.unref()
  }

  mark(): string {
    return this.#fingerprints.of(this.#files)
  }

  accept(files: readonly string[], mark?: string): void {
    const isSame = files.join('\0') === this.#files.join('\0')
    this.#known = isSame && mark !== undefined ? mark : this.#fingerprints.of(files)
    this.#files = files
    this.#candidate = null
    this.#watchFolders()
  }

  close(): void {
    clearInterval(this.#poll)
    if (this.#check !== null) clearTimeout(this.#check)
    for (const watcher of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #watchFolders(): void {
    const wanted = new Set(this.#files.map((file) => dirname(file)))
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#folders.delete(folder)
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watchFolder(folder)
  }

  /** A folder that cannot be watched, or no longer, is tried again at the next slow look. */
  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#soon())
      this.#folders.set(folder, watcher)
      watcher.on('error', () => {
        watcher.close()
        if (this.#folders.get(folder) === watcher) this.#folders.delete(folder)
      })
    } catch {
      this.#soon()
    }
  }

  /** One look for a burst of events; never put off by more of them. */
  #soon(): void {
    this.#check ??= setTimeout(() => {
      this.#check = null
      this.#look()
    }, this.#settleMs).unref()
  }

  #look(): void {
    const now = this.#fingerprints.of(this.#files)
    if (now === this.#known) {
      this.#candidate = null
    } else if (now === this.#candidate) {
      this.#candidate = null
      this.#take(now)
    } else {
      this.#candidate = now
      this.#soon()
    }
  }

  #take(now: string): void {
    // What was compared is known, not what is there by now: a change in between is then seen at the next look.
    this.#known = now
    const files = this.#onChange()
    if (files !== undefined) this.accept(files, now)
  }
}
