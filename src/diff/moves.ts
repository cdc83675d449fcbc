import type { Outline, Outlined } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import { textOf } from '../config/outline-words.ts'
import { type HostSet, hostIsServed, hostSet } from '../core/host.ts'
import type { RouteFinder } from '../core/policy.ts'
import { commonPaths, type Shape, shapesOf } from './overlap.ts'

/** Requests that another route serves than before; null: none does. */
export interface Move {
  readonly from: string | null
  readonly to: string | null
  readonly methods: Set<string>
  readonly hosts: Set<string>
  /** One of them. */
  readonly example: string
}

/** A host that no policy names: for routes of every host. */
const ANY_HOST = 'sallyport-any-host.invalid'

type Good = Outlined & { readonly outline: Outline }

interface Entry {
  readonly route: OutlineRoute
  readonly shapes: readonly Shape[]
  /** null: every host. */
  readonly hosts: HostSet | null
  /** A host for each one that is written; of a wildcard one below it. */
  readonly samples: readonly string[]
}

export interface Moves {
  readonly moves: readonly Move[]
  /** So many patterns cross that not all of them were asked about. */
  readonly isCut: boolean
}

/** Some seconds of asking. */
const MAX_REQUESTS = 200_000

/**
 * Finds requests that another route serves than before. Asks both policies about a request of each pair of patterns
 * that overlap, of which one is new, gone or another one: elsewhere nothing can have moved.
 */
export function findMoves(before: Good, after: Good, maxRequests = MAX_REQUESTS): Moves {
  const [old, now] = [before.outline.routes.map(entryOf), after.outline.routes.map(entryOf)]
  const bounds = { maxRequests, depth: deepestOf([...old, ...now]) }
  const asking = new Asking(finderOf(before), finderOf(after), bounds)
  const changed = changedEntries(old, now)
  // Each by itself first: what is new or gone is told in any case.
  for (const entry of changed) asking.askPair(entry, entry)
  for (const entry of changed) {
    for (const other of [...old, ...now]) asking.askPair(entry, other)
  }
  return { moves: [...asking.moves.values()], isCut: asking.isCut }
}

function finderOf({ compiled }: Good): RouteFinder {
  return compiled === null ? () => null : compiled.policy.find
}

function entryOf(route: OutlineRoute): Entry {
  const { hosts } = route.match
  return {
    route,
    shapes: shapesOf(route),
    hosts: hosts === null ? null : hostSet(hosts),
    samples: (hosts ?? []).map((host) => host.toLowerCase().replace(/^\*/, 'sallyport-any-host')),
  }
}

/** Those whose requests are not what they were under this id. */
function changedEntries(old: readonly Entry[], now: readonly Entry[]): Entry[] {
  const texts = (entries: readonly Entry[]) =>
    new Map(entries.map(({ route }) => [route.id, matchText(route)]))
  const [was, is] = [texts(old), texts(now)]
  const isChanged = ({ route: { id } }: Entry) => was.get(id) !== is.get(id)
  return [...old.filter(isChanged), ...now.filter(isChanged)]
}

/** The same text for routes that match the same requests. */
export function matchText({ match, path }: OutlineRoute): string {
  const { shapes, methods, hosts } = match
  return textOf([shapes, path.case, methods.toSorted(), hosts?.toSorted() ?? null])
}

function deepestOf(entries: readonly Entry[]): number {
  return Math.max(0, ...entries.flatMap(({ shapes }) => shapes.map(({ segments }) => segments.length)))
}

function pathsOf(a: Entry, b: Entry, depth: number): string[] {
  return a.shapes.flatMap((one) =>
    b.shapes.flatMap((other) => spellings(commonPaths(one, other, depth), one.isFolded || other.isFolded)),
  )
}

/** Where case does not matter, both ways to write a path are requests. */
function spellings(paths: readonly string[], isFolded: boolean): readonly string[] {
  return isFolded ? paths.flatMap((path) => [path, path.toUpperCase()]) : paths
}

interface Bounds {
  readonly maxRequests: number
  /** Segments of the longest pattern. */
  readonly depth: number
}

/** Asks the finders of both policies, about each request once. */
class Asking {
  readonly moves = new Map<string, Move>()
  isCut = false
  readonly #before: RouteFinder
  readonly #after: RouteFinder
  readonly #asked = new Set<string>()
  readonly #maxRequests: number
  readonly #depth: number

  constructor(before: RouteFinder, after: RouteFinder, { maxRequests, depth }: Bounds) {
    this.#before = before
    this.#after = after
    this.#maxRequests = maxRequests
    this.#depth = depth
  }

  /** Requests of the first that match the pattern of the second. */
  askPair(changed: Entry, other: Entry): void {
    if (this.isCut) return
    for (const path of pathsOf(changed, other, this.#depth)) {
      for (const host of hostsOf(changed, other)) {
        for (const method of changed.route.match.methods) this.#ask(method, host, path)
      }
    }
  }

  #ask(method: string, host: string, path: string): void {
    const request = `${method} ${host} ${path}`
    if (this.#asked.has(request)) return
    this.isCut ||= this.#asked.size >= this.#maxRequests
    if (this.isCut) return
    this.#asked.add(request)
    const from = this.#before(host, method, path)?.id ?? null
    const to = this.#after(host, method, path)?.id ?? null
    if (from !== to) note(this.moves, { from, to, method, host, path })
  }
}

/** One host of each kind for which both are asked: elsewhere they do not cross. */
function hostsOf(a: Entry, b: Entry): readonly string[] {
  if (a.hosts === null && b.hosts === null) return [ANY_HOST]
  return [...new Set([...servedBy(a, b), ...servedBy(b, a)])]
}

function servedBy({ samples }: Entry, { hosts }: Entry): readonly string[] {
  return hosts === null ? samples : samples.filter((host) => hostIsServed(hosts, host))
}

interface Request {
  readonly from: string | null
  readonly to: string | null
  readonly method: string
  readonly host: string
  readonly path: string
}

function note(moves: Map<string, Move>, { from, to, method, host, path }: Request): void {
  const key = textOf([from, to])
  const where = host === ANY_HOST ? '' : `//${host}`
  const move = moves.get(key) ?? {
    from,
    to,
    methods: new Set<string>(),
    hosts: new Set<string>(),
    example: `${method} ${where}${path}`,
  }
  move.methods.add(method)
  move.hosts.add(host)
  moves.set(key, move)
}
