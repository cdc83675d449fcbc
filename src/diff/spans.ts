import { addressSet } from '../core/address.ts'

/** Addresses from the first to the last, as 128-bit numbers; IPv4 ones are mapped, as everywhere. */
export interface Span {
  readonly first: bigint
  readonly last: bigint
}

const ADDRESS_BITS = 128n
const GROUP_BITS = 16n
const EVERYTHING: readonly Span[] = [{ first: 0n, last: (1n << ADDRESS_BITS) - 1n }]

/** The addresses that some ranges hold, as spans in order that neither touch nor overlap. */
export function spansOf(ranges: readonly string[] | null): readonly Span[] {
  if (ranges === null) return EVERYTHING
  const spans = addressSet(ranges).ranges.map(({ groups, bits }) => {
    const address = groups.reduce((sum, group) => (sum << GROUP_BITS) | BigInt(group), 0n)
    const size = 1n << (ADDRESS_BITS - BigInt(bits))
    const first = address - (address % size)
    return { first, last: first + size - 1n }
  })
  return merged(spans)
}

function merged(spans: readonly Span[]): readonly Span[] {
  const out: Span[] = []
  for (const span of spans.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = out.at(-1)
    if (before === undefined || span.first > before.last + 1n) out.push(span)
    else if (span.last > before.last) out[out.length - 1] = { first: before.first, last: span.last }
  }
  return out
}

/** What `spans` hold and `others` do not. Both are merged. */
export function without(spans: readonly Span[], others: readonly Span[]): readonly Span[] {
  return spans.flatMap((span) => {
    const cuts = others.filter(({ first, last }) => last >= span.first && first <= span.last)
    const starts = [span.first, ...cuts.map(({ last }) => last + 1n)]
    const ends = [...cuts.map(({ first }) => first - 1n), span.last]
    const pieces = starts.map((first, i) => ({ first, last: ends[i] as bigint }))
    return pieces.filter(({ first, last }) => first <= last)
  })
}
