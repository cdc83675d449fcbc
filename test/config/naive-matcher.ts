/** A pattern read by the book, to hold find-my-way against: one segment after the other, nothing prepared. */
export interface NaiveRoute {
  readonly id: string
  readonly path: string
  readonly methods: readonly string[]
  readonly hosts: readonly string[] | null
  readonly isFolded: boolean
  readonly ignoresSlash: boolean
}

interface Match {
  readonly route: NaiveRoute
  readonly rank: string
}

/** @returns the id of the route that the documented rules name; null when there is none */
export function naiveFind(
  routes: readonly NaiveRoute[],
  host: string,
  method: string,
  path: string,
): string | null {
  for (const level of hostLevels(routes, host)) {
    const ofLevel = routes.filter((route) =>
      level === null ? route.hosts === null : route.hosts?.includes(level),
    )
    const best = bestMatch(
      ofLevel.filter(({ methods }) => methods.includes(method)),
      path,
    )
    if (best !== null) return best
  }
  return null
}

/** The exact host, the wildcards that fit (longest first), and null for routes of every host. */
function hostLevels(routes: readonly NaiveRoute[], host: string): (string | null)[] {
  const wildcards = new Set(routes.flatMap(({ hosts }) => hosts ?? []).filter((one) => one.startsWith('*.')))
  const fitting = [...wildcards].filter((one) => host.endsWith(one.slice(1)) && host.length > one.length - 1)
  return [host, ...fitting.sort((a, b) => b.length - a.length), null]
}

function bestMatch(routes: readonly NaiveRoute[], path: string): string | null {
  const matches = [false, true].flatMap((isFolded) => {
    const ofMode = routes.filter((route) => route.isFolded === isFolded)
    const written = ofMode.flatMap((route) => matchOne(route, route.path, path))
    const added = ofMode
      .filter(({ ignoresSlash }) => ignoresSlash)
      .flatMap((route) => matchOne(route, otherEnd(route.path), path))
    return [...written, ...added]
  })
  const best = matches.reduce<Match | null>(
    (before, one) => (before === null || one.rank < before.rank ? one : before),
    null,
  )
  return best?.route.id ?? null
}

function otherEnd(path: string): string {
  if (path.endsWith('*') || path === '/') return path
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

function matchOne(route: NaiveRoute, pattern: string, path: string): Match[] {
  const fold = (text: string) => (route.isFolded ? text.toLowerCase() : text)
  const wanted = fold(pattern).split('/')
  const given = fold(path).split('/')
  const isOpen = wanted.at(-1) === '*'
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return []
  const ranks = wanted.map((segment, i) => rankOf(segment, given[i] ?? ''))
  return ranks.includes(null) ? [] : [{ route, rank: ranks.join('a') }]
}

/** Smaller is more specific; null does not match. */
function rankOf(segment: string, text: string): string | null {
  if (segment === '*') return 'd'
  if (/^:p\d$/.test(segment)) return text === '' ? null : 'c'
  return segment === text ? 'a'.repeat(segment.length) : null
}
