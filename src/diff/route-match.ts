import type { OutlineRoute } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import type { Move } from './moves.ts'
import { between, listed, quoted } from './words.ts'

/** Which requests a route serves now that nothing served, and which nothing serves that it did. */
export function compareMatch(before: OutlineRoute, after: OutlineRoute, moves: readonly Move[]): Finding[] {
  const opened = moves.find(({ from, to }) => from === null && to === after.id)
  const closed = moves.find(({ from, to }) => to === null && from === before.id)
  const methods = between(before.match.methods, after.match.methods)
  return [
    ...(opened === undefined ? [] : sides(OPEN, methods.added, opened, { other: before, own: after })),
    ...(closed === undefined ? [] : sides(CLOSED, methods.gone, closed, { other: after, own: before })),
  ]
}

interface Words {
  readonly methods: Code
  readonly hosts: Code
  readonly path: Code
  readonly verb: string
  /** Stands between what this file has and what the other one has. */
  readonly other: string
}

const OPEN: Words = {
  methods: 'route-methods-added',
  hosts: 'route-hosts-added',
  path: 'route-path-wider',
  verb: 'serves',
  other: 'before',
}
const CLOSED: Words = {
  methods: 'route-methods-gone',
  hosts: 'route-hosts-gone',
  path: 'route-path-narrower',
  verb: 'no longer serves',
  other: 'but',
}

/** `own` is the route that serves the requests of the move, `other` the same one in the other file. */
interface Pair {
  readonly own: OutlineRoute
  readonly other: OutlineRoute
}

/** A method explains that requests moved; so do paths and hosts, for methods that both have. */
function sides(words: Words, methods: readonly string[], move: Move, pair: Pair): Finding[] {
  const found: Finding[] = []
  const mine = methods.filter((method) => move.methods.has(method))
  if (mine.length > 0) {
    found.push(finding(words.methods, `${words.verb} ${mine.join(', ')}`, ['match', 'methods']))
  }
  if (![...move.methods].some((method) => !methods.includes(method))) return found
  const place = placesOf(words, pair)
  return place.length === 0 ? [...found, elsewhere(words, move)] : [...found, ...place]
}

function placesOf(words: Words, { own, other }: Pair): Finding[] {
  const found: Finding[] = []
  if (own.match.hosts === null ? other.match.hosts !== null : hasOwnHosts(own, other)) {
    const hosts = (of: OutlineRoute) => (of.match.hosts === null ? 'every host' : listed(of.match.hosts))
    const what = `${words.verb} ${hosts(own)}, ${words.other} ${hosts(other)}`
    found.push(finding(words.hosts, what, ['match', 'hosts']))
  }
  const isPath = own.match.shapes.some((shape) => !other.match.shapes.includes(shape))
  if (isPath || own.path.case !== other.path.case) {
    const path = (of: OutlineRoute) => `${quoted(of.match.path)}${spelling(of)}`
    const what = `${words.verb} ${path(own)}, ${words.other} ${path(other)}`
    found.push(finding(words.path, what, ['match', 'path']))
  }
  return found
}

function spelling({ path }: OutlineRoute): string {
  const parts = [
    ...(path.case === 'insensitive' ? ['upper and lower case alike'] : []),
    ...(path.trailingSlash === 'ignore' ? ['with and without a final slash'] : []),
  ]
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function hasOwnHosts({ match: own }: OutlineRoute, { match: other }: OutlineRoute): boolean {
  return other.hosts !== null && between(other.hosts, own.hosts ?? []).added.length > 0
}

/** Another route left these requests, or took them: neither pattern of this one is different. */
function elsewhere(words: Words, move: Move): Finding {
  return finding(words.path, `${words.verb} ${quoted(move.example)}`, ['match', 'path'])
}
