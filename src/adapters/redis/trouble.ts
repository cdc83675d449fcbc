import { StoreError } from './store-error.ts'

/** A system or TLS error's name, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{2,63}$/
/** Error codes of Redis. Any other first word of a reply could be anything, so it is not shown. */
const REDIS_CODE =
  /^(?:ASK|BUSY|CLUSTERDOWN|CROSSSLOT|ERR|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOPERM|NOPROTO|NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|UNKILLABLE|WRONGPASS|WRONGTYPE)(?= |$)/

/** What went wrong, in our own words: messages of ioredis may hold an address, and those of a server anything. */
export function causeOf(error: unknown): string {
  const code = redisCode(error)
  if (code !== null) return `Redis answered ${code}`
  const own = error instanceof Error && 'code' in error ? error.code : null
  return typeof own === 'string' && SYSTEM_CODE.test(own)
    ? `no connection to Redis: ${own}`
    : 'no connection to Redis'
}

export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  return new StoreError(redisCode(error) === null ? 'unreachable' : 'refused', causeOf(error))
}

/** The error of one call that the script itself caught. */
export function refusedWith(said: string): StoreError {
  return new StoreError('refused', `Redis answered ${codeIn(said)}`)
}

export function isNoScript(error: unknown): boolean {
  return redisCode(error) === 'NOSCRIPT'
}

function redisCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null
  return codeIn(error.message)
}

function codeIn(said: string): string {
  return REDIS_CODE.exec(said)?.[0] ?? 'an error'
}
