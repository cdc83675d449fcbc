import { type Draft, type Ending, writesOf } from './draft.ts'
import { honestRequest } from './grammar-requests.ts'
import type { Table } from './mutator.ts'
import { bytes, timing } from './mutators-bytes.ts'
import { fields } from './mutators-fields.ts'
import { framing } from './mutators-framing.ts'
import { honestReply, replies } from './mutators-replies.ts'
import { target } from './mutators-target.ts'
import { Prng } from './prng.ts'
import { takeReply } from './strict-reply.ts'

export type Kind = 'requests' | 'reply'

export interface Mutation {
  readonly name: string
  readonly seed: number
}

/** How a case is made: the same plan makes the same bytes. */
export interface Plan {
  readonly kind: Kind
  readonly seed: number
  readonly index: number
  readonly mutations: readonly Mutation[]
}

/** What is done on the wire: by a client for `requests`, by the upstream for a `reply`. */
export interface Script {
  readonly kind: Kind
  /** For a reply: the method it answers. */
  readonly asked: string
  /** How many messages it was made of. */
  readonly count: number
  /** One character per byte. */
  readonly writes: readonly string[]
  readonly ending: Ending
}

const REQUEST_TABLE: Table = { ...framing, ...fields, ...target, ...bytes, ...timing }
const REPLY_TABLE: Table = { ...replies, ...bytes, ...timing }
const MAX_MUTATIONS = 4
const MAX_PIPELINED = 3

export function tableOf(kind: Kind): Table {
  return kind === 'requests' ? REQUEST_TABLE : REPLY_TABLE
}

/** Draws what is to be done to case `index`; now and then nothing, so that honest traffic is in it. */
export function planCase(kind: Kind, seed: number, index: number): Plan {
  const prng = new Prng(seed, index, kind === 'requests' ? 1 : 2)
  const names = Object.keys(tableOf(kind))
  const count = prng.below(MAX_MUTATIONS + 1)
  const mutations = Array.from({ length: count }, () => ({ name: prng.pick(names), seed: prng.next() }))
  return { kind, seed, index, mutations }
}

export function buildCase({ kind, seed, index, mutations }: Plan): Script {
  const prng = new Prng(seed, index, kind === 'requests' ? 3 : 4)
  const asked = prng.pick(['GET', 'GET', 'GET', 'HEAD', 'POST'])
  const draft = kind === 'requests' ? requestDraft(prng) : replyDraft(prng)
  const table = tableOf(kind)
  for (const mutation of mutations) table[mutation.name]?.(draft, new Prng(mutation.seed))
  const writes = writesOf(draft)
  return {
    kind,
    asked,
    count: draft.messages.length,
    writes: kind === 'requests' ? writes : glued(writes, asked),
    ending: draft.ending,
  }
}

function requestDraft(prng: Prng): Draft {
  const count = prng.chance(0.6) ? 1 : 1 + prng.below(MAX_PIPELINED)
  const messages = Array.from({ length: count }, () => honestRequest(prng))
  return { messages, edits: [], cuts: [], ending: 'wait' }
}

function replyDraft(prng: Prng): Draft {
  return { messages: [honestReply(prng)], edits: [], cuts: [], ending: 'wait' }
}

/**
 * What follows the end of a reply goes out in one write with it. Sent later it could meet the next request on the
 * connection, and then no reader on earth could tell it from that one's reply.
 */
function glued(writes: readonly string[], asked: string): string[] {
  let before = ''
  for (const [i, write] of writes.entries()) {
    before += write
    if (endsReply(before, asked)) return [...writes.slice(0, i), writes.slice(i).join('')]
  }
  return [...writes]
}

function endsReply(text: string, asked: string): boolean {
  let rest = text
  for (;;) {
    const taken = takeReply(rest, { isHead: asked === 'HEAD', hasEnded: false })
    if (taken.state !== 'whole') return taken.state === 'malformed'
    if (taken.message.status >= 200) return true
    rest = taken.rest
  }
}
