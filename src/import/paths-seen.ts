import type { AuditLine } from '../replay/line.ts'
import { literalSegment, type PathPattern, parameterSegment, patternOf, type Segment } from './paths.ts'
import { Use } from './use.ts'

/** Names at one place of which each is kept; more of them are taken for values. */
export const MAX_SIBLINGS = 30
/** What begins a path is seldom a value. */
const MAX_FIRST_SEGMENTS = 1000
const MAX_NODES = 50_000
const MAX_SEGMENTS = 30
const MAX_EXAMPLES = 3

const IDS: readonly RegExp[] = [
  /^\d+$/,
  /^\d{4}-\d{2}(?:-\d{2})?$/,
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^(?=[a-f]*\d)[0-9a-f]{8,}$/i,
  /^(?=[A-Za-z_-]*\d)(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}$/,
  /^[A-Za-z]{1,10}[-_](?=(?:[A-Za-z]*\d){3})[A-Za-z0-9]{4,}$/,
  /[@%+*]/,
]
const MAX_ID_LENGTH = 60

/** A segment that names one thing of many: digits, a date, a UUID, hex, a long mix of letters and digits, an escape. */
export function looksLikeId(segment: string): boolean {
  return segment.length > MAX_ID_LENGTH || IDS.some((pattern) => pattern.test(segment))
}

/** A path that was seen, with what was seen of it. */
export interface SeenPath {
  readonly pattern: PathPattern
  readonly use: Use
  readonly notes: readonly string[]
}

class Node {
  readonly literals = new Map<string, Node>()
  values: Node | null = null
  /** Distinct names, as far as they are counted, and some of them. */
  folded = 0
  readonly examples: string[] = []
  use: Use | null = null
}

/** The paths of many requests as few patterns. Bounded, whatever is added. */
export class PathsSeen {
  readonly #root = new Node()
  #nodes = 0
  /** Requests that there was no room for. */
  untold = 0

  add(path: string, line: AuditLine): void {
    const segments = path.slice(1).split('/')
    let node: Node | null = segments.length > MAX_SEGMENTS ? null : this.#root
    for (const [i, segment] of segments.entries()) {
      if (node === null) break
      node = this.#child(node, segment, i === 0)
    }
    if (node === null) this.untold++
    else {
      node.use ??= new Use()
      node.use.add(line)
    }
  }

  /** Those that a policy would take for the same are one. */
  paths(): SeenPath[] {
    const byShape = new Map<string, { pattern: PathPattern; use: Use; notes: Set<string> }>()
    for (const { segments, use, notes } of walk(this.#root, [], [])) {
      const pattern = patternOf(segments)
      if (pattern === null) {
        this.untold += use.count
        continue
      }
      const known = byShape.get(pattern.shape) ?? { pattern, use: new Use(), notes: new Set(pattern.notes) }
      known.use.merge(use)
      for (const note of notes) known.notes.add(note)
      byShape.set(pattern.shape, known)
    }
    return [...byShape.values()].map(({ notes, ...rest }) => ({ ...rest, notes: [...notes] }))
  }

  #child(node: Node, segment: string, isFirst: boolean): Node | null {
    const known = node.literals.get(segment)
    if (known !== undefined) return known
    if (segment !== '' && (node.folded > 0 || looksLikeId(segment))) {
      node.values ??= this.#node()
      return node.values
    }
    if (isFirst && node.literals.size >= MAX_FIRST_SEGMENTS) return null
    const child = this.#node()
    if (child === null) return null
    node.literals.set(segment, child)
    if (isFirst || nameCount(node) <= MAX_SIBLINGS) return child
    fold(node)
    return node.literals.get(segment) ?? node.values
  }

  #node(): Node | null {
    return this.#nodes++ < MAX_NODES ? new Node() : null
  }
}

/** A final slash is no name. */
function nameCount({ literals }: Node): number {
  return literals.size - (literals.has('') ? 1 : 0)
}

/** From now on every name at this place is a value. */
function fold(node: Node): void {
  for (const [segment, child] of node.literals) {
    if (segment === '') continue
    node.folded++
    if (node.examples.length < MAX_EXAMPLES) node.examples.push(segment)
    node.literals.delete(segment)
    if (node.values === null) node.values = child
    else mergeInto(node.values, child)
  }
}

function mergeInto(target: Node, source: Node): void {
  if (source.use !== null) {
    target.use ??= new Use()
    target.use.merge(source.use)
  }
  for (const [segment, child] of source.literals) {
    const known = target.literals.get(segment)
    if (known === undefined) target.literals.set(segment, child)
    else mergeInto(known, child)
  }
  mergeValues(target, source)
  if (target.folded > 0 || nameCount(target) > MAX_SIBLINGS) fold(target)
}

function mergeValues(target: Node, source: Node): void {
  if (target.values === null) target.values = source.values
  else if (source.values !== null) mergeInto(target.values, source.values)
  target.folded += source.folded
  target.examples.push(...source.examples.slice(0, MAX_EXAMPLES - target.examples.length))
}

interface Found {
  readonly segments: readonly Segment[]
  readonly use: Use
  readonly notes: readonly string[]
}

function* walk(node: Node, segments: readonly Segment[], notes: readonly string[]): Generator<Found> {
  if (node.use !== null) yield { segments, use: node.use, notes }
  for (const [segment, child] of node.literals)
    yield* walk(child, [...segments, literalSegment(segment)], notes)
  if (node.values === null) return
  const note =
    node.folded > 0
      ? `a parameter stands for more than ${MAX_SIBLINGS} names, such as ${node.examples.join(', ')}`
      : 'a parameter stands for what looks like an id'
  yield* walk(node.values, [...segments, parameterSegment('id')], [...notes, note])
}
