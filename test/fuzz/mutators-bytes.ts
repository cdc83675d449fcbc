import { ENDINGS } from './draft.ts'
import type { Mutator, Table } from './mutator.ts'
import { Prng } from './prng.ts'

const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  '\r\n\r\n',
  '0\r\n\r\n',
  'HTTP/1.1',
  '\xff',
  '\x7f',
  ',',
  ';',
  '%',
  'chunked',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\x0b',
  '\x85',
]
const MAX_WRITES = 12

/** A change of the bytes at a place; both are drawn when the mutator runs, so that edits can be dropped apart. */
function edit(change: (bytes: string, at: number, prng: Prng) => string): Mutator {
  return (draft, prng) => {
    const share = prng.next() / 0x1_0000_0000
    const seed = prng.next()
    draft.edits.push((bytes) => change(bytes, Math.floor(share * bytes.length), new Prng(seed)))
  }
}

/** Blind changes; they find what nobody thought of. */
export const bytes: Table = {
  flip: edit((text, at, prng) => {
    const code = text.charCodeAt(at) ^ (1 << prng.below(8))
    return text === '' ? text : text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
  }),
  insert: edit((text, at, prng) => text.slice(0, at) + prng.pick(TOKENS) + text.slice(at)),
  overwrite: edit((text, at, prng) => {
    const token = prng.pick(TOKENS)
    return text.slice(0, at) + token + text.slice(at + token.length)
  }),
  remove: edit((text, at, prng) => text.slice(0, at) + text.slice(at + 1 + prng.below(8))),
  repeat: edit((text, at, prng) => {
    const piece = text.slice(at, at + 1 + prng.below(64))
    return text.slice(0, at) + piece + text.slice(at)
  }),
  swap: edit((text, at, prng) => {
    const first = text.slice(at, at + 1 + prng.below(20))
    const second = text.slice(at + first.length, at + 2 * first.length)
    return text.slice(0, at) + second + first + text.slice(at + first.length + second.length)
  }),
  truncate: edit((text, at) => text.slice(0, at)),
}

/** How the bytes come, and how the connection ends. */
export const timing: Table = {
  split: (draft, prng) => {
    draft.cuts = Array.from({ length: 1 + prng.below(MAX_WRITES) }, () => prng.next() / 0x1_0000_0000)
  },
  ending: (draft, prng) => {
    draft.ending = prng.pick(ENDINGS)
  },
}
