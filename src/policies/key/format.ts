import { hash } from 'node:crypto'
import { withoutKeys } from '../../core/secret.ts'

/** `sp_live_` or `sp_test_`, 32 random digits, 6 digits of checksum; all digits base 62. */
export type KeyKind = 'live' | 'test'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = 62
const RANDOM_DIGITS = 32
const CHECKSUM_DIGITS = 6
const OURS = /^sp_(?:live|test)_/
const WELL_FORMED = /^sp_(?:live|test)_[0-9A-Za-z]{38}$/
/** Above the largest multiple of 62 a byte would favour the low digits. */
const UNBIASED_BELOW = 256 - (256 % BASE)
const MIN_FOREIGN_LENGTH = 16
const MAX_FOREIGN_LENGTH = 512
const VISIBLE = /^[\x21-\x7e]+$/

/**
 * A new key of 190 random bits. It is shown once and never kept.
 * @param randomBytes of `node:crypto`, or a fixed source in tests
 */
export function newKey(randomBytes: (count: number) => Uint8Array, kind: KeyKind = 'live'): string {
  const body = `sp_${kind}_${randomDigits(randomBytes)}`
  return body + checksum(body)
}

/** Lower-case hex SHA-256: all that is ever kept of a key. Keys are random, so no slow hash is needed. */
export function hashKey(text: string): string {
  return hash('sha256', text, 'hex')
}

/**
 * Whether the text can be a key at all, found without any look-up: one of ours has a checksum that fits, which a typing
 * error breaks; one that another system issued has 16 to 512 visible ASCII characters and no comma, for a comma is
 * what two joined header lines look like.
 */
export function isWellFormed(text: string): boolean {
  if (WELL_FORMED.test(text)) return hasChecksum(text)
  if (OURS.test(text)) return false
  if (text.length < MIN_FOREIGN_LENGTH || text.length > MAX_FOREIGN_LENGTH) return false
  return VISIBLE.test(text) && !text.includes(',')
}

/**
 * Whether one of our keys stands anywhere in the text, also one with a typing error: where a name belongs, it would be
 * in logs, metrics and the audit. Keys of other systems have no mark to be known by.
 */
export function holdsKey(text: string): boolean {
  return withoutKeys(text) !== text
}

function randomDigits(randomBytes: (count: number) => Uint8Array): string {
  let digits = ''
  while (digits.length < RANDOM_DIGITS) {
    for (const byte of randomBytes(RANDOM_DIGITS - digits.length)) {
      if (byte < UNBIASED_BELOW) digits += DIGITS.charAt(byte % BASE)
    }
  }
  return digits
}

function hasChecksum(text: string): boolean {
  const end = text.length - CHECKSUM_DIGITS
  let rest = crc32(text, end)
  for (let i = text.length - 1; i >= end; i--) {
    if (DIGITS.charCodeAt(rest % BASE) !== text.charCodeAt(i)) return false
    rest = Math.floor(rest / BASE)
  }
  return true
}

function checksum(body: string): string {
  let rest = crc32(body, body.length)
  let digits = ''
  for (let i = 0; i < CHECKSUM_DIGITS; i++) {
    digits = DIGITS.charAt(rest % BASE) + digits
    rest = Math.floor(rest / BASE)
  }
  return digits
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** CRC-32 of ISO 3309 over the first `length` characters of ASCII text. */
function crc32(text: string, length: number): number {
  let crc = 0xffffffff
  for (let i = 0; i < length; i++) {
    crc = (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] as number) ^ (crc >>> 8)
  }
  return (crc ^ 0xffffffff) >>> 0
}
