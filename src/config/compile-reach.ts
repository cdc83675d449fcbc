import { type HostSet, hostIsServed, hostSet } from '../core/host.ts'
import type { CompiledRoute } from './compile-routes.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { Tie } from './finder.ts'

/** Two routes for the same requests: which of them has the say must not be a matter of order. */
export function tellTies(routes: readonly CompiledRoute[], ties: readonly Tie[], draft: Draft): void {
  for (const { index, firstIndex, methods } of ties) {
    const [second, first] = [routes[index], routes[firstIndex]]
    if (second === undefined || first === undefined) continue
    const line = draft.lineOf(['routes', first.index, 'match', 'path'])
    const message = `the route \`${first.route.id}\` on line ${line} matches the same requests (${methods.join(', ')})`
    draft.error(['routes', second.index, 'match', 'path'], message, undefined, 'route-tie')
  }
}

/** A route for a host that is not answered for is never reached. */
export function tellForeignHosts(routes: readonly CompiledRoute[], { single }: Sections, draft: Draft): void {
  if (single.hosts == null) return
  const served = hostSet(single.hosts)
  for (const { hosts, index } of routes) {
    for (const [i, host] of (hosts ?? []).entries()) {
      if (isServed(served, host)) continue
      draft.error(
        ['routes', index, 'match', 'hosts', i],
        '`hosts` does not have this host: it is never answered for',
        undefined,
        'host-not-served',
      )
    }
  }
}

/** A wildcard is served when one of its hosts can be. */
function isServed(served: HostSet, host: string): boolean {
  if (!host.startsWith('*')) return hostIsServed(served, host)
  const suffix = host.slice(1)
  if (served.suffixes.some((one) => one.endsWith(suffix) || suffix.endsWith(one))) return true
  return [...served.exact].some((one) => one.length > suffix.length && one.endsWith(suffix))
}
