import type { Limit } from '../core/limits.ts'
import type { NamedCheck, Route, Upstream } from '../core/policy.ts'
import type { Authenticator } from '../policies/auth/authenticator.ts'
import type { IdentityNames, Part, RouteEnv } from '../policies/define.ts'
import { POLICIES } from '../policies/index.ts'
import type { KeyTable } from '../policies/key/table.ts'
import { FRONT } from '../policies/order.ts'
import { Costs } from './compile-cost.ts'
import { tellPointlessLimits } from './compile-limits.ts'
import { hasShare, modeNameOf, quietParts, reportedOf } from './compile-mode.ts'
import { Plans, tellOwnedFields } from './compile-plans.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { Placed } from './finder.ts'
import { methodsOf } from './methods.ts'
import { type PathOptions, type Pattern, parsePattern } from './pattern.ts'
import type { RouteOutput, RouteShared } from './schema-route.ts'
import { SharedParts } from './shared-parts.ts'
import type { Path } from './yaml-values.ts'

/** What all routes of a file share. */
export interface RouteParts {
  readonly draft: Draft
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly limits: ReadonlyMap<string, Limit>
  readonly keys: KeyTable
  readonly authenticators: ReadonlyMap<string, Authenticator>
  readonly identity: IdentityNames
  readonly readText: (path: string) => string
  /** The file's own, which goes before that of a route. */
  readonly mode: 'enforce' | 'report' | undefined
}

/** A route, where it is found, and where it stands in the file. */
export interface CompiledRoute extends Placed {
  readonly index: number
}

type Key = keyof RouteShared

/** One route with the defaults merged in: what it writes itself replaces. */
class Merged {
  readonly route: RouteOutput
  readonly index: number
  readonly #defaults: RouteShared
  readonly #draft: Draft

  constructor(route: RouteOutput, index: number, defaults: RouteShared, draft: Draft) {
    this.route = route
    this.index = index
    this.#defaults = defaults
    this.#draft = draft
  }

  get<K extends Key>(key: K): RouteShared[K] {
    return this.#isOwn(key) ? this.route[key] : this.#defaults[key]
  }

  /** Where the setting stands; where the route does when nobody wrote it. */
  at(key: string): Path {
    if (this.#isOwn(key) || !this.#draft.has(['defaults', key])) return ['routes', this.index, key]
    return ['defaults', key]
  }

  #isOwn(key: string): boolean {
    return this.#draft.has(['routes', this.index, key])
  }
}

export function compileRoutes(sections: Sections, parts: RouteParts): CompiledRoute[] {
  const defaults = sections.single.defaults
  if (defaults === null) return []
  const plans = new Plans()
  const shared = new SharedParts()
  const costs = new Costs(parts.limits, parts.keys, parts.draft)
  const compiled: CompiledRoute[] = []
  const lines = new Map<string, number>()
  for (const [index, route] of sections.listed.routes.entries()) {
    if (route === null) continue
    tellTwin(route.id, index, lines, parts.draft)
    const merged = new Merged(route, index, defaults, parts.draft)
    tellLimitMistakes(merged, parts, costs)
    const one = compileRoute(merged, parts, { plans, shared })
    if (one !== null) compiled.push(one)
  }
  return compiled
}

function tellTwin(id: string, index: number, lines: Map<string, number>, draft: Draft): void {
  const first = lines.get(id)
  if (first !== undefined) draft.error(['routes', index, 'id'], `the route on line ${first} has the same id`)
  else lines.set(id, draft.lineOf(['routes', index, 'id']))
}

interface Sharing {
  readonly plans: Plans
  readonly shared: SharedParts
}

function compileRoute(merged: Merged, parts: RouteParts, { plans, shared }: Sharing): CompiledRoute | null {
  const { route, index } = merged
  const upstream = upstreamOf(merged, parts)
  const options = pathOptions(merged.get('path'))
  const pattern = patternOf(merged, options, parts.draft)
  const added = addedParts(merged, parts, shared)
  tellOwnedFields(merged.get('headers'), merged.at('headers'), identityNames(parts.identity), parts.draft)
  if (upstream === null || pattern === null) return null
  const headers = merged.get('headers')
  const reported = reportedOf(parts.mode, merged, parts.draft)
  const quiet = quietParts(added, reported)
  const quietReply = plans.reply(quiet, headers?.response)
  const compiled: Route = Object.freeze({
    id: route.id,
    pattern: route.match.path,
    methods: methodsOf(route.match.methods),
    checks: checksOf(added),
    upstream,
    mode: modeNameOf(reported),
    reporting: reported === null ? null : Object.freeze({ ...reported, reply: quietReply }),
    websocket: merged.get('websocket') ?? false,
    encodedSlash: options.encodedSlash === 'allow',
    stripPrefix: merged.get('strip_prefix') ?? '',
    request: plans.request(added, headers?.request, upstream),
    reply: hasShare(reported) ? plans.reply(added, headers?.response) : quietReply,
    decisionFields: Object.freeze(quiet.flatMap(({ decisionFields }) => decisionFields ?? [])),
  })
  return { route: compiled, pattern, hosts: route.match.hosts ?? null, case: options.case, index }
}

function upstreamOf(merged: Merged, { draft, upstreams }: RouteParts): Upstream | null {
  const name = merged.get('upstream')
  if (name === undefined) {
    draft.error(['routes', merged.index], 'this route has no `upstream`', 'write it here or in `defaults`')
    return null
  }
  if (!draft.has(['upstreams', name])) {
    draft.unknownName(merged.at('upstream'), 'upstream', name, draft.names(['upstreams']))
  }
  return upstreams.get(name) ?? null
}

function pathOptions(path: RouteShared['path']): PathOptions {
  return {
    encodedSlash: path?.encoded_slash ?? 'reject',
    case: path?.case ?? 'sensitive',
    trailingSlash: path?.trailing_slash ?? 'strict',
  }
}

function patternOf(merged: Merged, options: PathOptions, draft: Draft): Pattern | null {
  const pattern = parsePattern(merged.route.match.path, options)
  if (typeof pattern === 'string') {
    draft.error(['routes', merged.index, 'match', 'path'], pattern)
    return null
  }
  const mistake = prefixMistake(merged.get('strip_prefix'), pattern, options)
  if (mistake !== null) draft.error(merged.at('strip_prefix'), mistake)
  return pattern
}

/** A prefix that some of the route's paths do not have would refuse them one by one, much later. */
function prefixMistake(prefix: string | undefined, pattern: Pattern, options: PathOptions): string | null {
  if (prefix === undefined) return null
  if (!/^\/.*[^/]$/.test(prefix)) return 'write `strip_prefix` as `/prefix`, without a slash at its end'
  if (options.case === 'insensitive') return '`strip_prefix` needs `path: { case: sensitive }`'
  const { literalPrefix } = pattern
  const isBelow =
    literalPrefix.startsWith(`${prefix}/`) || (literalPrefix === prefix && !pattern.hasParameters)
  return isBelow ? null : `not every path of this route is below \`${prefix}\``
}

function tellLimitMistakes(merged: Merged, { limits, draft }: RouteParts, costs: Costs): void {
  const names = merged.get('limits')
  const route = { routeId: merged.route.id, anonymousOnly: isAnonymousOnly(merged) }
  const found = [names ?? []].flat().flatMap((name) => limits.get(name) ?? [])
  costs.tellUnmeetable({ ...route, cost: merged.get('cost') ?? 1, at: merged.at('cost'), limits: found })
  if (names !== undefined) tellPointlessLimits({ ...route, names, at: merged.at('limits') }, limits, draft)
}

/** What each policy adds, in the order of POLICIES. */
function addedParts(merged: Merged, parts: RouteParts, shared: SharedParts): Part[] {
  const { draft } = parts
  const base = envOf(merged, parts)
  return POLICIES.map((policy) => {
    const at = merged.at(policy.key)
    const tell: RouteEnv['problem'] = (path, message) => {
      if (!isTold(policy.key, [...at, ...path], parts)) draft.error([...at, ...path], message)
    }
    return shared.part([policy.key, draft.raw(at), base], tell, (problem) =>
      policy.compile(merged.get(policy.key as Key), { ...base, problem }),
    )
  })
}

const SECTION_OF: Readonly<Record<string, string>> = { limits: 'limits', auth: 'authenticators' }
const WHAT_OF: Readonly<Record<string, string>> = { limits: 'limit', auth: 'authenticator' }

/** A name that is nowhere is told in one way, with what was meant; one whose own entry is wrong is told there. */
function isTold(key: string, path: Path, { draft, limits, authenticators }: RouteParts): boolean {
  const section = SECTION_OF[key]
  const name = draft.raw(path)
  if (section === undefined || typeof name !== 'string') return false
  if (draft.has([section, name])) return !limits.has(name) && !authenticators.has(name)
  const names =
    section === 'authenticators' ? ['key', 'none', ...draft.names([section])] : draft.names([section])
  if (names.includes(name)) return false
  draft.unknownName(path, WHAT_OF[key] ?? '', name, names)
  return true
}

function envOf(merged: Merged, parts: RouteParts): Omit<RouteEnv, 'problem'> {
  const { limits, authenticators, identity, readText } = parts
  return {
    methods: methodsOf(merged.route.match.methods),
    limits,
    limitHeaders: merged.get('limit_headers') ?? 'ietf',
    cost: merged.get('cost') ?? 1,
    authenticators,
    identity,
    forwardCredential: merged.get('forward_credential') ?? false,
    anonymousOnly: isAnonymousOnly(merged),
    readText,
  }
}

function isAnonymousOnly(merged: Merged): boolean {
  const auth = merged.get('auth')
  return auth === 'none' || (Array.isArray(auth) && auth.every((name) => name === 'none'))
}

function checksOf(added: readonly Part[]): readonly NamedCheck[] {
  const placed = added.flatMap(({ checks }) => checks ?? [])
  const sorted = placed.sort((a, b) => FRONT.indexOf(a.slot) - FRONT.indexOf(b.slot))
  return Object.freeze(
    // The check itself, not a copy: routes that share it then share its place in memory.
    sorted.map(({ check }) => frozen(check)),
  )
}

function frozen(check: NamedCheck): NamedCheck {
  Object.freeze(check.codes)
  return Object.freeze(check)
}

export function identityNames(identity: IdentityNames): string[] {
  return Object.values(identity).filter((name): name is string => name !== null)
}
