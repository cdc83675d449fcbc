import type { Limit } from '../core/limits.ts'
import type { RedisSettings } from '../core/redis.ts'
import type { KeyEntry } from '../policies/key/table.ts'
import { type Compiled, type CompileOptions, compile } from './compile.ts'
import { parseSections, type Sections } from './compile-sections.ts'
import type { ServerSettings, Settings } from './compile-settings.ts'
import { Draft } from './draft.ts'
import { type Position, type Problem, Problems } from './issues.ts'
import { type GuardFields, guardOf } from './outline-guard.ts'
import { type OutlineRoute, outlineRoutes } from './outline-route.ts'
import { digestOf } from './outline-words.ts'
import type { ListenAddress } from './schema-values.ts'
import { parseYaml } from './yaml.ts'
import { type Path, valuesOf } from './yaml-values.ts'

/** The whole effective policy as plain data, defaults merged in and secrets left out. For offline use only. */
export interface Outline {
  readonly settings: OutlineSettings
  readonly upstreams: Readonly<Record<string, OutlineUpstream>>
  /** Places where each authenticator looks; `key` is there without being written. */
  readonly authenticators: Readonly<Record<string, readonly string[]>>
  readonly limits: Readonly<Record<string, Limit>>
  readonly routes: readonly OutlineRoute[]
  /** Keys of the policy and of its key files; `hash` is a digest of what is written. */
  readonly keys: readonly OutlineKey[]
}

export interface OutlineSettings {
  readonly listen: ListenAddress
  readonly ops: ListenAddress
  readonly admin: { readonly listen: ListenAddress } | null
  readonly hosts: readonly string[] | null
  readonly trust: readonly string[]
  readonly server: ServerSettings
  readonly drain: Settings['drain']
  readonly audit: Settings['audit']
  readonly store: Settings['store']
  readonly redis: OutlineRedis | null
  readonly identity: Readonly<Record<string, string | null>>
  /** Security headers of replies that no route stands behind, by name. */
  readonly guard: GuardFields
  /** Digests of settings that nothing above tells of, by key. */
  readonly more: Readonly<Record<string, string>>
}

export type OutlineRedis = Omit<RedisSettings, 'username' | 'password' | 'sentinelPassword' | 'tls'> & {
  readonly tls: { readonly ca: string | null; readonly serverName: string | null } | null
}

export interface OutlineUpstream {
  readonly origins: readonly string[]
  readonly basePath: string
  readonly preserveHost: boolean
  readonly timeout: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number }
  /** `ca` is a digest. */
  readonly tls: { readonly verify: boolean; readonly ca: string | null; readonly serverName: string | null }
  readonly circuit: object | null
  readonly retry: object
}

export type OutlineKey = Omit<KeyEntry, 'routes'> & {
  readonly routes: readonly string[] | null
  /** Its place in `keys`; null when it is in a key file. */
  readonly index: number | null
}

type Good = Extract<Compiled, { readonly policy: object }>

/** An outline, what it was made of, and the way from it to the text. `outline` is null when the file is refused. */
export interface Outlined {
  readonly file: string
  readonly outline: Outline | null
  readonly compiled: Good | null
  readonly problems: readonly Problem[]
  /** Where the value at `path` is; where its nearest ancestor is when it is not written. */
  readonly at: (path: Path) => Required<Position>
  readonly has: (path: Path) => boolean
}

/**
 * Describes what a policy file does, without its secrets. It reads the file twice, and takes as much memory again as
 * the policy: nothing for a gate that serves.
 */
export function outline(text: string, options: CompileOptions): Outlined {
  const { file } = options
  const result = compile(text, options)
  const ignored = new Problems(file)
  const yaml = parseYaml(text, ignored)
  if (result.policy === null || yaml === null) {
    const at = () => ({ file, line: 1, col: 1 })
    return { file, outline: null, compiled: null, problems: result.problems, at, has: () => false }
  }
  const draft = new Draft(valuesOf(yaml, options, ignored), ignored)
  const sections = parseSections(draft)
  return {
    file,
    outline: outlineOf(sections, draft, result, options),
    compiled: result,
    problems: result.problems,
    at: (path) => ({ file, ...draft.values.keyAt(path) }),
    has: (path) => draft.has(path),
  }
}

function outlineOf(
  sections: Sections,
  draft: Draft,
  { policy, settings, keys, about }: Good,
  options: CompileOptions,
): Outline {
  const limits = [...about.limits].map(([name, { limit }]) => [name, limit] as const)
  return {
    settings: settingsOf(sections, settings),
    upstreams: upstreamsOf(settings),
    authenticators: authenticatorsOf(sections),
    limits: Object.fromEntries(limits),
    routes: outlineRoutes(sections, draft, policy, options.readText),
    keys: keysOf(sections, keys),
  }
}

function keysOf({ listed }: Sections, { byId }: Good['keys']): OutlineKey[] {
  const places = new Map(listed.keys.map((settings, index) => [settings?.id, index]))
  return [...byId.values()].map((entry: KeyEntry) => {
    const routes = entry.routes === null ? null : [...entry.routes]
    return { ...entry, routes, hash: digestOf(entry.hash), index: places.get(entry.id) ?? null }
  })
}

function upstreamsOf({ upstreams }: Settings): Outline['upstreams'] {
  const all = [...upstreams].map(([name, { name: _, ...upstream }]) => {
    const { ca, ...tls } = upstream.tls
    return [name, { ...upstream, tls: { ...tls, ca: ca === null ? null : digestOf(ca) } }] as const
  })
  return Object.fromEntries(all)
}

function authenticatorsOf({ named }: Sections): Outline['authenticators'] {
  const written = [...named.authenticators].flatMap(([name, settings]) => {
    return settings === null ? [] : [[name, settings.in] as const]
  })
  return { key: ['header:x-api-key'], ...Object.fromEntries(written) }
}

/** Settings of the file itself that `OutlineSettings` or another part of the outline tells of. */
const TOLD: ReadonlySet<string> = new Set([
  ...['version', 'listen', 'ops', 'admin', 'hosts', 'trust', 'server', 'drain', 'audit', 'store', 'redis'],
  ...['identity', 'defaults', 'key_files', 'mode', 'tests'],
])

function settingsOf({ single }: Sections, settings: Settings): OutlineSettings {
  const { listen, ops, admin, server, drain, audit, store, redis } = settings
  const more = Object.entries(single).filter(([key, value]) => !TOLD.has(key) && value != null)
  return {
    listen,
    ops,
    admin: admin === null ? null : { listen: admin.listen },
    hosts: single.hosts ?? null,
    trust: single.trust ?? [],
    server,
    drain,
    audit,
    store,
    redis: redis === null ? null : redisOf(redis),
    identity: { ...single.identity },
    guard: guardOf(single.defaults?.guard),
    more: Object.fromEntries(more.map(([key, value]) => [key, digestOf(value)])),
  }
}

function redisOf(redis: RedisSettings): OutlineRedis {
  const { username: _, password: __, sentinelPassword: ___, ...rest } = redis
  const ca = redis.tls?.ca ?? null
  const tls = redis.tls === null ? null : { ...redis.tls, ca: ca === null ? null : digestOf(ca) }
  return { ...rest, tls }
}
