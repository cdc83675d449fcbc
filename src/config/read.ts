import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The most that a file named by a policy may hold; see yaml.ts for the policy itself. */
const MAX_NAMED_FILE_BYTES = 1024 * 1024

/**
 * Reads files that a policy names, relative to the policy's own folder.
 * @returns a function that @throws Error when the file is absent, no regular file, too large or not UTF-8
 */
export function readerBeside(policyFile: string): (path: string) => string {
  const folder = dirname(resolve(policyFile))
  return (path) => readBounded(resolve(folder, path), MAX_NAMED_FILE_BYTES)
}

const MAX_CHUNKED_FILE_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/**
 * Reads files that a policy names piece by piece, for those that need not be in memory as a whole.
 * @returns a function whose pieces are good until the next one is asked for; it @throws Error as `readerBeside` does,
 * the first time when the first piece is asked for
 */
export function chunksBeside(policyFile: string): (path: string) => Iterable<Uint8Array> {
  const folder = dirname(resolve(policyFile))
  return (path) => readChunks(resolve(folder, path), MAX_CHUNKED_FILE_BYTES)
}

/**
 * The bytes of a regular file of at most `maxBytes`, each piece good until the next one is asked for.
 * @throws Error with a message for the user
 */
export function* readChunks(path: string, maxBytes: number): Generator<Uint8Array, void, undefined> {
  // Without O_NONBLOCK the opening of a named pipe waits for somebody to write to it, and the process with it.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`)
    if (stat.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`)
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    let bytes = 0
    for (;;) {
      const count = readSync(descriptor, buffer, 0, CHUNK_BYTES, null)
      if (count === 0) return
      bytes += count
      // The size was asked for, but a file can grow.
      if (bytes > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`)
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Text of a regular file of at most `maxBytes`; a pipe, a device or an endless file is not read.
 * @throws Error with a message for the user
 */
export function readBounded(path: string, maxBytes: number): string {
  const pieces = Array.from(readChunks(path, maxBytes), (piece) => Buffer.from(piece))
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
}
