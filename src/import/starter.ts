import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { visible } from '../config/issues.ts'
import { ImportProblem } from './problem.ts'

/** A setting and what is told of it. */
export interface Entry {
  readonly key: string
  readonly value: Value
  /** Comment lines above it. */
  readonly above?: readonly string[] | undefined
  /** A comment at the end of its line. */
  readonly beside?: string
}

/** Plain values are written on one line, a block below one another. */
export type Value = Plain | Block | List
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

export class Block {
  readonly entries: readonly Entry[]

  constructor(entries: readonly Entry[]) {
    this.entries = entries
  }
}

/** Blocks below one another, each with the comment above it. */
export class List {
  readonly items: readonly { readonly above: readonly string[]; readonly entries: readonly Entry[] }[]

  constructor(items: List['items']) {
    this.items = items
  }
}

/** A policy to start from. */
export interface Starter {
  /** Comment lines at the top. */
  readonly about: readonly string[]
  readonly entries: readonly Entry[]
  /** Comment lines at the end. */
  readonly closing: readonly string[]
}

const MAX_COMMENT = 300

/** The text of a policy file. Comments are the words of others: each is made one harmless line. */
export function starterText({ about, entries, closing }: Starter): string {
  const document = new Document<Node>()
  document.contents = mapOf(document, entries, true)
  document.commentBefore = commentOf(about)
  if (closing.length > 0) document.comment = commentOf(closing)
  return document.toString({ lineWidth: 0, indentSeq: true, flowCollectionPadding: true })
}

function commentOf(lines: readonly string[]): string {
  return lines.map(commentLine).join('\n')
}

function commentLine(line: string): string {
  return line === '' ? '' : ` ${visible(line, MAX_COMMENT)}`
}

function mapOf(document: Document<Node>, entries: readonly Entry[], isSpaced: boolean): YAMLMap {
  const map = new YAMLMap<Scalar, Node>(document.schema)
  for (const [i, { key, value, above, beside }] of entries.entries()) {
    const name = new Scalar(key)
    if (above !== undefined && above.length > 0) name.commentBefore = commentOf(above)
    name.spaceBefore = isSpaced && i > 0 && (isTall({ value, above }) || isTall(entries[i - 1]))
    const node = nodeOf(document, value)
    if (beside !== undefined) node.comment = commentLine(beside)
    map.items.push(new Pair(name, node))
  }
  return map
}

/** More than one line: empty lines set it apart. */
function isTall(entry: Pick<Entry, 'value' | 'above'> | undefined): boolean {
  return entry?.above !== undefined || entry?.value instanceof Block
}

function nodeOf(document: Document<Node>, value: Value): Node {
  if (value instanceof Block) return mapOf(document, value.entries, false)
  if (value instanceof List) return listOf(document, value)
  if (JSON.stringify(value).includes('${')) {
    throw new ImportProblem('`${` in a name would be a reference in a policy')
  }
  return document.createNode(value, { flow: true })
}

function listOf(document: Document<Node>, { items }: List): Node {
  const list = new YAMLSeq<Node>(document.schema)
  for (const [i, { above, entries }] of items.entries()) {
    const item = mapOf(document, entries, false)
    if (above.length > 0) item.commentBefore = commentOf(above)
    item.spaceBefore = i > 0
    list.items.push(item)
  }
  return list
}
