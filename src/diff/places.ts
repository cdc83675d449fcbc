import type { Outlined } from '../config/outline.ts'
import type { RouteFinding } from './routes.ts'

/** A place in one of the two files. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly col: number
}

/** Where a setting of a route stands: in the route, in the defaults, or where it would be. */
export function placeOfRoute(before: Outlined, after: Outlined, { finding, ...sides }: RouteFinding): Place {
  const { path = [] } = finding
  if (sides.after === null) return before.at(['routes', sides.before?.index ?? 0])
  const own = ['routes', sides.after.index]
  const [key] = path
  if (key === undefined) return after.at(own)
  const places = keysOf(key).flatMap((one) => {
    const rest = one === key ? path.slice(1) : []
    return [
      [...own, one],
      ['defaults', one],
    ].map((base) => [base, [...base, ...rest]] as const)
  })
  const top = key === 'mode' ? ([[['mode'], ['mode']]] as const) : []
  const written = [...top, ...places].find(([base]) => after.has(base))
  if (written !== undefined) return after.at(written[1])
  return after.at(
    wasDefault(before, sides.before?.index, key) && after.has(['defaults']) ? ['defaults'] : own,
  )
}

/** Settings that say one thing together. */
function keysOf(key: string | number): (string | number)[] {
  if (key === 'mode') return ['mode', 'enforce']
  return key === 'guard' ? ['guard', 'headers'] : [key]
}

/** The setting came from the defaults, and is gone with them. */
function wasDefault(before: Outlined, index: number | undefined, key: string | number): boolean {
  return index !== undefined && !before.has(['routes', index, key]) && before.has(['defaults', key])
}
