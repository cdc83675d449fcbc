import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml'
import { type Position, type Problems, visible } from './issues.ts'
import { resolveSecrets, type SecretSources } from './secrets.ts'
import type { YamlFile } from './yaml.ts'

export type Path = readonly (string | number)[]

/** Plain values of a file, and the way back from each of them to its place in the text. */
export interface Values {
  readonly root: Readonly<Record<string, unknown>>
  /** Where the value at `path` is; where its nearest ancestor is when it is not there. */
  readonly valueAt: (path: Path) => Position
  /** Where the key of the value at `path` is. */
  readonly keyAt: (path: Path) => Position
  /** The scalar at `path` as it stands in the file; null when there is none. */
  readonly rawAt: (path: Path) => string | null
  /** The scalar at `path` was made from `${env:…}` or `${file:…}`. */
  readonly isSecret: (path: Path) => boolean
}

const MAX_DEPTH = 64
/** What aliases may stand for in all: nine levels of nine would stand for 387 million nodes. */
const MAX_ALIASED_NODES = 10_000
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
/** Keys that JavaScript gives a meaning of its own. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const MAX_QUOTE = 60

/** Turns the nodes of a file into plain values; what YAML could mean in two ways is told as a problem. */
export function valuesOf(file: YamlFile, sources: SecretSources, problems: Problems): Values {
  const reader = new Reader(file, sources, problems)
  const root = reader.read(file.root, 0) as Record<string, unknown>
  const lookUp = (path: Path) => reader.find(file.root, path)
  const scalarAt = (path: Path) => {
    const { node, isThere } = lookUp(path)
    return isThere && isScalar(node) ? node : null
  }
  return {
    root,
    valueAt: (path) => file.at(lookUp(path).offset),
    keyAt: (path) => file.at(lookUp(path).keyOffset),
    rawAt: (path) => rawText(scalarAt(path)),
    isSecret: (path) => {
      const node = scalarAt(path)
      return node !== null && reader.resolved.has(node)
    },
  }
}

interface Found {
  readonly node: Node | null
  readonly offset: number
  readonly keyOffset: number
  readonly isThere: boolean
}

class Reader {
  readonly resolved = new Set<Node>()
  readonly #file: YamlFile
  readonly #sources: SecretSources
  readonly #problems: Problems
  readonly #anchors = new Map<string, Node>()
  readonly #targets = new Map<Node, Node>()
  /** Greater than 0 while what an alias stands for is read. */
  #aliasDepth = 0
  #aliasedNodes = 0

  constructor(file: YamlFile, sources: SecretSources, problems: Problems) {
    this.#file = file
    this.#sources = sources
    this.#problems = problems
  }

  read(node: Node | null, depth: number): unknown {
    if (node === null) return null
    if (this.#isTooMuch(node, depth)) return null
    if (isAlias(node)) return this.#readAlias(node, node.source, depth)
    const { anchor } = node as Scalar
    if (anchor !== undefined) this.#anchors.set(anchor, node)
    if (isMap(node)) return this.#readMap(node.items as Pair<Scalar, Node | null>[], depth)
    if (isSeq(node)) return node.items.map((item) => this.read(item as Node | null, depth + 1))
    return isScalar(node) ? this.#readScalar(node) : null
  }

  /** Follows a path as far as the nodes go. */
  find(root: Node, path: Path): Found {
    let found: Found = { node: root, offset: offsetOf(root), keyOffset: offsetOf(root), isThere: true }
    for (const step of path) {
      const next = this.#step(found.node, step)
      if (next === null) return { ...found, isThere: false }
      found = next
    }
    return found
  }

  #step(from: Node | null, step: string | number): Found | null {
    const node = (from !== null && this.#targets.get(from)) ?? from
    if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined
      return item === undefined ? null : foundAt(item, offsetOf(item))
    }
    if (!isMap(node)) return null
    const pair = (node.items as Pair<Scalar, Node | null>[]).find(({ key }) => key.value === String(step))
    return pair === undefined ? null : foundAt(pair.value, offsetOf(pair.key))
  }

  #isTooMuch(node: Node, depth: number): boolean {
    const aliased = this.#aliasDepth > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES
    if (!aliased && depth <= MAX_DEPTH) return false
    this.#tell(node, aliased ? 'aliases that stand for too much' : `nested deeper than ${MAX_DEPTH} levels`)
    return true
  }

  #readAlias(node: Node, name: string, depth: number): unknown {
    const target = this.#anchors.get(name)
    if (target === undefined) return this.#tell(node, 'there is no such anchor before this alias')
    this.#targets.set(node, target)
    this.#aliasDepth++
    const value = this.read(target, depth + 1)
    this.#aliasDepth--
    return value
  }

  #readMap(pairs: readonly Pair<Scalar, Node | null>[], depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {}
    const lines = new Map<string, Position>()
    for (const { key, value } of pairs) {
      const name = String(key.value)
      const why = refusedKey(name, lines.get(name))
      if (why !== null) {
        this.#tell(key, why)
        continue
      }
      lines.set(name, this.#file.at(offsetOf(key)))
      out[name] = this.read(value, depth + 1)
    }
    return out
  }

  #readScalar(node: Scalar): unknown {
    const { value } = node
    if (typeof value === 'number' || typeof value === 'bigint') return this.#readNumber(node, Number(value))
    if (typeof value !== 'string') return value
    const resolved = resolveSecrets(value, this.#sources)
    if (resolved.kind === 'plain') return value
    this.resolved.add(node)
    if (resolved.kind === 'failed') return this.#tell(node, resolved.message, resolved.hint)
    for (const secret of [resolved.text, ...resolved.values]) this.#problems.hide(secret, value)
    return resolved.text
  }

  /** `010` is eight to some and ten to others, `0x1F` and `.inf` are no way to write a setting. */
  #readNumber(node: Scalar, value: number): unknown {
    const source = node.source ?? ''
    if (DECIMAL.test(source)) return value
    return this.#tell(
      node,
      `\`${visible(source, MAX_QUOTE)}\` is not a plain decimal number`,
      numberHint(value),
    )
  }

  #tell(node: Node, message: string, hint?: string): undefined {
    this.#problems.error(this.#file.at(offsetOf(node)), message, hint)
  }
}

function foundAt(node: Node | null, keyOffset: number): Found {
  return {
    node,
    offset: node === null || isEmpty(node) ? keyOffset : offsetOf(node),
    keyOffset,
    isThere: true,
  }
}

/** A value that is not written has a place, but behind the key is where a reader looks for it. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === ''
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0
}

function rawText(node: Scalar | null): string | null {
  if (node === null) return null
  return visible(node.source ?? String(node.value), MAX_QUOTE)
}

function refusedKey(name: string, first: Position | undefined): string | null {
  if (name === '<<') return 'a merge key: write the settings out, or share them through `defaults`'
  if (RESERVED_KEYS.has(name)) return `\`${name}\` cannot be a key`
  if (name.includes('${')) return 'a reference in a key: only values are resolved'
  return first === undefined
    ? null
    : `\`${visible(name, MAX_QUOTE)}\` stands here twice, first on line ${first.line}`
}

function numberHint(value: number): string | undefined {
  return Number.isSafeInteger(value) ? `write ${value}, or put it in quotes if it is text` : undefined
}
