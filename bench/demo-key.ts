import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface DemoKey {
  readonly id: string
  readonly text: string
  /** `sha256:` and the hex digest of the whole text. */
  readonly hash: string
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Keys for the benchmark, the same in each run: worthless outside of it. */
export function demoKey(number: number): DemoKey {
  const digest = createHash('sha256').update(`bench key ${number}`).digest()
  const random = Array.from(digest, (byte) => alphabet[byte % 62]).join('')
  const text = `sp_live_${random}${checksum(`sp_live_${random}`)}`
  return { id: `key-${number}`, text, hash: `sha256:${createHash('sha256').update(text).digest('hex')}` }
}

/** CRC-32 of the part before, six base62 digits, most significant first. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let i = 0; i < 6; i++) {
    digits = `${alphabet[rest % 62]}${digits}`
    rest = Math.floor(rest / 62)
  }
  return digits
}
