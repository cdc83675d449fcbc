import { createHash, timingSafeEqual } from 'node:crypto'

const BEARER = /^Bearer +([\x21-\x7e]+)$/i
const FINGERPRINT_DIGITS = 8

/** The one token of the admin API, which cannot be read from here. */
export class AdminToken {
  readonly #token: string
  readonly #hash: Buffer

  constructor(token: string) {
    this.#token = token
    this.#hash = sha256(token)
  }

  /** What tells one token from another in log and audit: the first 8 hex digits of its SHA-256. */
  get fingerprint(): string {
    return this.#hash.toString('hex').slice(0, FINGERPRINT_DIGITS)
  }

  /** A text that holds the token must not be shown. */
  isIn(text: string): boolean {
    return text.includes(this.#token)
  }

  /** Compares hashes, which have one length, so that the time tells neither how much is right nor how long it is. */
  is(candidate: string): boolean {
    return timingSafeEqual(sha256(candidate), this.#hash)
  }
}

/** The token in an Authorization field (RFC 6750 2.1); null when there is none. */
export function bearerOf(authorization: string | undefined): string | null {
  return BEARER.exec(authorization ?? '')?.[1] ?? null
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
