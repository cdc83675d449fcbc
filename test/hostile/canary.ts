import { createHash } from 'node:crypto'

/** Marks every secret; nothing else anywhere holds it. */
export const MARK = 'zq7canary'

/** A secret for one place, told apart by its label. */
export function secretFor(label: string): string {
  return `${MARK}-${label}-0123456789abcdef`
}

export function basicFor(label: string): string {
  return Buffer.from(`user:${secretFor(label)}`).toString('base64')
}

/** How the secrets could look when something has copied, coded or shortened them. */
const MARKS: readonly RegExp[] = [
  new RegExp(MARK, 'i'),
  new RegExp(encodedMark('base64'), 'i'),
  new RegExp(encodedMark('base64', 1), 'i'),
  new RegExp(encodedMark('base64', 2), 'i'),
  new RegExp(encodedMark('hex'), 'i'),
]

/** The part of the coded mark that does not depend on what stands around it. */
function encodedMark(coding: 'base64' | 'hex', shift = 0): string {
  const coded = Buffer.from(`${'x'.repeat(shift)}${MARK}`).toString(coding)
  const middle = coding === 'hex' ? coded : coded.slice(shift === 0 ? 0 : 4, -4)
  return middle.replace(/[+/=]/g, '\\$&')
}

/** Where in the text a secret shows. */
export function leaksIn(text: string): readonly string[] {
  return MARKS.flatMap((mark) => {
    const at = text.search(mark)
    return at === -1 ? [] : [text.slice(Math.max(0, at - 80), at + 80)]
  })
}

/** The entry's hash of a key that is itself a secret. */
export function hashOf(label: string): string {
  return `sha256:${createHash('sha256').update(secretFor(label)).digest('hex')}`
}
