import type { Draft } from './scene.ts'

/** One change of the base policy, and the codes that it has in either direction. */
export interface Row {
  readonly name: string
  /** Done to both policies before. */
  readonly both?: (draft: Draft) => void
  readonly change: (draft: Draft) => void
  readonly forth: readonly string[]
  readonly back: readonly string[]
}

type Change = (draft: Draft) => void

/** A row in one line: what is different, the codes there, and the codes on the way back. */
export function row(name: string, change: Change, forth: string, back: string, both?: Change): Row {
  const codes = (text: string) => text.split(' ').filter((code) => code !== '')
  const one = { name, change, forth: codes(forth), back: codes(back) }
  return both === undefined ? one : { ...one, both }
}
