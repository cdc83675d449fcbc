import type { HostSet } from '../../core/host.ts'
import { canonicalPath, isPathRefusal } from '../../core/path.ts'
import type { OutlineRoute } from '../outline-route.ts'

/** What a finder is asked for. */
export interface Asked {
  readonly host: string
  readonly method: string
  readonly path: string
}

/**
 * Requests that only the given route can be meant for, if any can. A value that no pattern has matches as few other
 * routes as a value can; which of two patterns goes first never depends on the values. So when such a request goes to
 * another route, all requests of its form do.
 */
export interface Witnesses {
  /** For every host, method and form of path that the route matches, made one by one: mostly the first is enough. */
  readonly requests: Iterable<Asked>
  /** They are all there are, so that it means something when none is found. */
  readonly isComplete: boolean
}

/** What stands for any value, and how deep the patterns of a policy go. */
export interface Fresh {
  /** One path segment: a character for private use that is in no pattern. */
  readonly segment: string
  /** A label that no host of a route begins with. */
  readonly label: string
  readonly maxDepth: number
}

const PRIVATE_USE = 0xf0000

export function freshFor(routes: readonly OutlineRoute[]): Fresh {
  const shapes = routes.flatMap(({ match }) => match.shapes)
  const all = shapes.join(' ').toUpperCase()
  const hosts = new Set(routes.flatMap(({ match }) => match.hosts ?? []).map((host) => host.split('.')[0]))
  let point = PRIVATE_USE
  while (all.includes(escaped(point))) point++
  let number = 0
  while (hosts.has(`fresh-${number}`)) number++
  const maxDepth = Math.max(0, ...shapes.map((shape) => shape.split('/').length))
  return { segment: escaped(point), label: `fresh-${number}`, maxDepth }
}

function escaped(point: number): string {
  return encodeURIComponent(String.fromCodePoint(point))
}

/** `served` is the policy's own `hosts`; null: any. */
export function witnessesOf(route: OutlineRoute, served: HostSet | null, fresh: Fresh): Witnesses {
  return {
    requests: requestsOf(route, served, fresh),
    isComplete:
      !isFolded(route) || route.match.shapes.every((shape) => lettersOf(shape).length <= MAX_LETTERS),
  }
}

function* requestsOf(route: OutlineRoute, served: HostSet | null, fresh: Fresh): Generator<Asked> {
  const { hosts, methods } = route.match
  const asked = (hosts ?? ['*']).flatMap((host) => hostsFor(host, served, fresh.label))
  for (const path of pathsOf(route, fresh)) {
    for (const host of asked) yield* methods.map((method) => ({ host, method, path }))
  }
}

function hostsFor(host: string, served: HostSet | null, label: string): string[] {
  // A route for a host that is not answered for refuses the file.
  if (!host.startsWith('*')) return [host]
  const suffix = host.slice(1)
  if (served === null) return [`${label}${suffix}`]
  const exact = [...served.exact].filter((one) => one.length > suffix.length && one.endsWith(suffix))
  const wild = served.suffixes.flatMap((one) => {
    if (one.endsWith(suffix)) return [`${label}${one}`]
    return suffix.endsWith(one) ? [`${label}${suffix}`] : []
  })
  return [...exact, ...wild]
}

function isFolded({ path }: OutlineRoute): boolean {
  return path.case === 'insensitive'
}

function* pathsOf(route: OutlineRoute, fresh: Fresh): Generator<string> {
  for (const shape of route.match.shapes) {
    for (const text of isFolded(route) ? spellings(shape) : [shape]) {
      for (const rest of restsOf(shape, fresh)) yield* canonical(filled(text, rest, fresh.segment))
    }
  }
}

/** Nothing when no request has such a path. */
function canonical(written: string): readonly string[] {
  const found = canonicalPath(written)
  return isPathRefusal(found) ? [] : [found.path]
}

/** Each `:` of a shape is a value, `::` a colon, `*` at the end the rest of the path. */
function filled(shape: string, rest: string, segment: string): string {
  const head = shape.endsWith('*') ? shape.slice(0, -1) : shape
  return `${head.replace(/::|:/g, (sign) => (sign === '::' ? ':' : segment))}${rest}`
}

const USUAL_DEPTH = 4

/** What can stand for `*`, as deep as the patterns go; the first is mostly enough. */
function* restsOf(shape: string, fresh: Fresh): Generator<string> {
  if (!shape.endsWith('*')) return yield ''
  const deepest = Math.max(1, fresh.maxDepth - shape.split('/').length + 2)
  const isWithin = !shape.endsWith('/*')
  yield* restsOfDepth(Math.min(deepest, USUAL_DEPTH), isWithin, fresh)
  for (let depth = deepest; depth > 0; depth--) yield* restsOfDepth(depth, isWithin, fresh)
  yield ''
  if (isWithin) yield '/'
}

/** @param isWithin behind a literal in the same segment, where the rest may begin with a slash */
function restsOfDepth(depth: number, isWithin: boolean, { segment }: Fresh): readonly string[] {
  const deep = `${`${segment}/`.repeat(depth - 1)}${segment}`
  return isWithin ? [deep, `${deep}/`, `/${deep}`, `/${deep}/`] : [deep, `${deep}/`]
}

const MAX_LETTERS = 6

/** Ways to write the letters of a pattern that does not tell upper from lower case; all of them when there are few. */
function* spellings(shape: string): Generator<string> {
  // Escapes have upper-case digits in every canonical path.
  const letters = [...shape.replace(ESCAPE, (text) => text.toUpperCase())]
  const varied = lettersOf(shape).slice(0, MAX_LETTERS)
  for (let bits = 0; bits < 2 ** varied.length; bits++) {
    for (const [i, place] of varied.entries()) {
      const letter = letters[place] ?? ''
      letters[place] = (bits >> i) % 2 === 1 ? letter.toUpperCase() : letter.toLowerCase()
    }
    yield letters.join('')
  }
}

const ESCAPE = /%[0-9a-f]{2}/gi

/** Where a shape has letters, those of escapes apart. */
function lettersOf(shape: string): number[] {
  return [...shape.replace(ESCAPE, '%%%').matchAll(/[a-z]/gi)].map(({ index }) => index)
}
