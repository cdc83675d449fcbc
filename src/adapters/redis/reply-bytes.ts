import type { Redis } from 'ioredis'

/** What a server may send in one second; a thousand charges are some 100 KB. */
const MAX_BYTES_PER_SECOND = 64 * 1024 * 1024
const SECOND_MS = 1000

/** Cuts a connection whose server sends without end: a reply is kept in memory until it is whole. */
export function boundReplies(redis: Redis): void {
  redis.on('connect', () => {
    const { stream } = redis
    let bytes = 0
    let sinceMs = performance.now()
    stream.on('data', (chunk: Uint8Array) => {
      const nowMs = performance.now()
      if (nowMs - sinceMs >= SECOND_MS) {
        bytes = 0
        sinceMs = nowMs
      }
      bytes += chunk.length
      if (bytes > MAX_BYTES_PER_SECOND) stream.destroy()
    })
  })
}
