import Router from 'find-my-way'
import type { Route, RouteFinder } from '../core/policy.ts'
import type { Pattern, PatternForm } from './pattern.ts'

/** A route and where it is to be found. */
export interface Placed {
  readonly route: Route
  readonly pattern: Pattern
  /** Lower-case hosts and `*.` wildcards; null is every host. */
  readonly hosts: readonly string[] | null
  readonly case: 'sensitive' | 'insensitive'
}

/** Two routes that would match the same requests: `index` is that of the second in the list. */
export interface Tie {
  readonly index: number
  readonly firstIndex: number
  readonly methods: readonly string[]
}

interface Hit {
  readonly route: Route
  readonly rank: string
}

/** Paths that end with a slash are looked up apart, so that an empty last segment is never a parameter's value. */
interface Pair {
  readonly slash: Router.Instance<Router.HTTPVersion.V1>
  readonly other: Router.Instance<Router.HTTPVersion.V1>
}

/** The routes of one host, those that tell upper from lower case and those that do not. */
interface HostRoutes {
  readonly sensitive: Pair
  insensitive: Pair | null
}

const SLASH = 47
/** Longer than any request target: no path is without its route because a segment is long. */
const MAX_PARAMETER_LENGTH = 1_000_000
const NO_QUERY = Object.freeze({})

/** Builds the finder of a policy; ties are left out and told. */
export class FinderBuilder {
  readonly ties: Tie[] = []
  readonly #exact = new Map<string, HostRoutes>()
  readonly #wildcards = new Map<string, HostRoutes>()
  readonly #everywhere = hostRoutes()
  readonly #taken = new Map<string, number>()

  /** What routes write goes in before what `trailing_slash: ignore` adds. */
  constructor(routes: readonly Placed[]) {
    for (const [index, placed] of routes.entries()) {
      for (const form of placed.pattern.primary) this.#place(placed, form, index, true)
    }
    for (const [index, placed] of routes.entries()) {
      for (const form of placed.pattern.alternate) this.#place(placed, form, index, false)
    }
  }

  /**
   * Exact hosts before wildcards (the longer one first) before routes for every host; within a host the most specific
   * pattern, and among equal ones the one that tells upper from lower case.
   */
  finder(): RouteFinder {
    const exact = this.#exact
    const wildcards = [...this.#wildcards].sort(([a], [b]) => b.length - a.length)
    const everywhere = this.#everywhere
    return function findRoute(host, method, path) {
      // find-my-way decodes what it is given: with every `%` escaped once more it compares the canonical path itself.
      const text = path.includes('%') ? path.replaceAll('%', '%25') : path
      const ofHost = exact.get(host)
      const named = ofHost === undefined ? null : search(ofHost, method, text)
      return named ?? searchWildcards(wildcards, host, method, text) ?? search(everywhere, method, text)
    }
  }

  #place(placed: Placed, form: PatternForm, index: number, isWritten: boolean): void {
    for (const host of placed.hosts ?? ['']) {
      const shape = `${host} ${placed.case} ${form.shape}`
      const { free, tied } = this.#take(shape, placed.route.methods, index)
      if (free.length > 0) register(this.#pairOf(host, placed.case), free, form, placed.route)
      if (!isWritten) continue
      for (const [firstIndex, methods] of tied) this.ties.push({ index, firstIndex, methods })
    }
  }

  /** The methods for which the shape was not taken yet, and the routes that have it for the others. */
  #take(shape: string, methods: readonly string[], index: number) {
    const free: string[] = []
    const tied = new Map<number, string[]>()
    for (const method of methods) {
      const firstIndex = this.#taken.get(`${method} ${shape}`)
      if (firstIndex === undefined) {
        this.#taken.set(`${method} ${shape}`, index)
        free.push(method)
      } else if (firstIndex !== index) {
        tied.set(firstIndex, [...(tied.get(firstIndex) ?? []), method])
      }
    }
    return { free, tied }
  }

  #pairOf(host: string, mode: Placed['case']): Pair {
    const routes = this.#routesOf(host)
    if (mode === 'sensitive') return routes.sensitive
    routes.insensitive ??= pair()
    return routes.insensitive
  }

  #routesOf(host: string): HostRoutes {
    if (host === '') return this.#everywhere
    const [map, key] = host.startsWith('*.') ? [this.#wildcards, host.slice(1)] : [this.#exact, host]
    const known = map.get(key)
    if (known !== undefined) return known
    const routes = hostRoutes()
    map.set(key, routes)
    return routes
  }
}

function hostRoutes(): HostRoutes {
  return { sensitive: pair(), insensitive: null }
}

function pair(): Pair {
  return { slash: router(), other: router() }
}

function router(): Router.Instance<Router.HTTPVersion.V1> {
  return Router({ maxParamLength: MAX_PARAMETER_LENGTH, querystringParser: () => NO_QUERY })
}

const nothing = (): null => null

function register(
  { slash, other }: Pair,
  methods: readonly string[],
  { text, rank, ends }: PatternForm,
  route: Route,
): void {
  const hit: Hit = Object.freeze({ route, rank })
  const names = methods as Router.HTTPMethod[]
  if (ends !== 'other') slash.on([...names], text, nothing, hit)
  if (ends !== 'slash') other.on([...names], text, nothing, hit)
}

function search({ sensitive, insensitive }: HostRoutes, method: string, path: string): Route | null {
  const exact = lookUp(sensitive, method, path)
  const folded = insensitive === null ? null : lookUp(insensitive, method, path.toLowerCase())
  if (exact === null) return folded === null ? null : folded.route
  if (folded === null) return exact.route
  return folded.rank < exact.rank ? folded.route : exact.route
}

function searchWildcards(
  wildcards: readonly (readonly [suffix: string, routes: HostRoutes])[],
  host: string,
  method: string,
  path: string,
): Route | null {
  for (const [suffix, routes] of wildcards) {
    if (host.length <= suffix.length || !host.endsWith(suffix)) continue
    const found = search(routes, method, path)
    if (found !== null) return found
  }
  return null
}

function lookUp({ slash, other }: Pair, method: string, path: string): Hit | null {
  const endsWithSlash = path.charCodeAt(path.length - 1) === SLASH
  const found = (endsWithSlash ? slash : other).find(method as Router.HTTPMethod, path)
  return found === null ? null : (found.store as Hit)
}
