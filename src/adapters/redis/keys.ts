import { createHash } from 'node:crypto'

/** Longer keys are hashed: a token's subject may be kilobytes, and every client has one. */
const MAX_KEY_CHARS = 256

/**
 * The way from a bucket to its key in Redis. All keys of one prefix share a hash tag, and with it a slot of a cluster:
 * the buckets of one request are charged by one script, which has to find them all in one place.
 */
export function redisKeys(prefix: string): (bucket: string) => string {
  const head = `${prefix}{${prefix.replace(/:+$/, '')}}`
  return function keyOf(bucket) {
    return bucket.length <= MAX_KEY_CHARS && bucket.isWellFormed() ? head + bucket : head + hashed(bucket)
  }
}

/**
 * Lone surrogates all become the same bytes in UTF-8, so such a key is hashed, too. After the `|` of a bucket comes a
 * digit or `s`, `@`: nothing else begins with `|#`.
 */
function hashed(bucket: string): string {
  const bar = bucket.indexOf('|')
  const name = bar === -1 || bar > MAX_KEY_CHARS ? '' : bucket.slice(0, bar)
  return `${name.toWellFormed()}|#${createHash('sha256').update(bucket, 'utf16le').digest('hex')}`
}
