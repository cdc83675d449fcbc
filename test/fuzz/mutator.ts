import type { Draft, Message } from './draft.ts'
import type { Prng } from './prng.ts'

/** Changes a draft; the same numbers make the same change. */
export type Mutator = (draft: Draft, prng: Prng) => void

/** Mutators by name: the name is what a corpus file tells. */
export type Table = Readonly<Record<string, Mutator>>

/** A mutator of one of the draft's messages. */
export function onMessage(change: (message: Message, prng: Prng) => void): Mutator {
  return (draft, prng) => change(prng.pick(draft.messages), prng)
}
