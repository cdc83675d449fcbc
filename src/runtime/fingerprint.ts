import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readChunks } from '../config/read.ts'

const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Smaller files are read at every look. */
const REMEMBERED_FROM_BYTES = 1024 * 1024
/** A file system's clock is coarse: two changes within so short a time may look like one. */
const RACY_MS = 2000
const UNREADABLE = 'unreadable'

interface Remembered {
  readonly stamp: string
  readonly digest: string
}

/** Tells whether contents of files have changed; large ones are only read when their stamps have. */
export class Fingerprints {
  readonly #remembered = new Map<string, Remembered>()

  /** One text for the contents of all files; a file that cannot be read counts as such. */
  of(files: readonly string[]): string {
    for (const file of this.#remembered.keys()) if (!files.includes(file)) this.#remembered.delete(file)
    return files.map((file) => `${file}\0${this.#digestOf(file)}`).join('\0')
  }

  #digestOf(file: string): string {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(file, { bigint: true })
      if (size < REMEMBERED_FROM_BYTES) return digestOf(file)
      const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(':')
      const known = this.#remembered.get(file)
      if (known?.stamp === stamp) return known.digest
      const isSettled = Date.now() - Number(ctimeMs) > RACY_MS
      const digest = digestOf(file)
      if (isSettled) this.#remembered.set(file, { stamp, digest })
      return digest
    } catch {
      return UNREADABLE
    }
  }
}

function digestOf(file: string): string {
  const hash = createHash('sha256')
  for (const chunk of readChunks(file, MAX_FILE_BYTES)) hash.update(chunk)
  return hash.digest('hex')
}
