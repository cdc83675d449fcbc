import type { Upstream } from '../core/policy.ts'
import type { RedisSettings } from '../core/redis.ts'
import { redisOf } from './compile-redis.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { ListenAddress } from './schema-values.ts'

/** What the process itself needs of a file: all durations in milliseconds, all sizes in bytes. */
export interface Settings {
  readonly listen: ListenAddress
  readonly ops: ListenAddress
  /** null: no admin listener. */
  readonly admin: { readonly listen: ListenAddress; readonly token: string } | null
  readonly server: ServerSettings
  readonly drain: { readonly delayMs: number; readonly graceMs: number }
  readonly audit: { readonly sinks: readonly AuditSinkSettings[] }
  /** As written, relative to the policy file; null: quotas end with the process. */
  readonly store: { readonly path: string } | null
  /** null: limits are counted in this process. */
  readonly redis: RedisSettings | null
  /** As written, relative to the policy file; null: the policy names no tests. */
  readonly tests: { readonly file: string; readonly onReload: boolean } | null
  readonly upstreams: ReadonlyMap<string, Upstream>
}

export interface ServerSettings {
  readonly maxConnections: number
  readonly maxHeaders: number
  readonly maxHeaderBytes: number
  readonly maxTargetBytes: number
  /** `auto`: the limit of the container, if it has one. */
  readonly maxMemoryBytes: number | 'auto' | 'off'
  readonly timeout: {
    readonly headersMs: number
    /** 0: no bound. */
    readonly requestMs: number
    readonly keepAliveMs: number
    readonly idleMs: number
  }
}

export type AuditSinkSettings = { readonly type: 'stdout' } | { readonly type: 'file'; readonly path: string }

/** @returns null when one of them was wrong */
export function settingsOf(
  { single }: Sections,
  upstreams: ReadonlyMap<string, Upstream>,
  draft: Draft,
  readText: (path: string) => string,
): Settings | null {
  const { listen, ops, server, drain, audit, admin = null, store = null, redis = null, tests = null } = single
  if (admin !== null && !draft.values.isSecret(['admin', 'token'])) {
    const hint = 'write a reference such as ${env:SALLYPORT_ADMIN_TOKEN}'
    draft.notice('secret-in-file', ['admin', 'token'], 'the token itself stands in the file', hint)
  }
  if (listen === null || ops === null || server === null || drain === null || audit === null) return null
  if (listen.port !== 0 && listen.port === ops.port && listen.host === ops.host) {
    draft.error(['ops'], '`ops` is the same address as `listen`')
  }
  return Object.freeze({
    listen: Object.freeze(listen),
    ops: Object.freeze(ops),
    admin: admin === null ? null : Object.freeze({ ...admin, listen: Object.freeze(admin.listen) }),
    server: serverSettings(server),
    drain: Object.freeze({ delayMs: drain.delay, graceMs: drain.grace }),
    audit: Object.freeze({ sinks: Object.freeze(audit.sinks.map((sink) => Object.freeze(sink))) }),
    store: store === null ? null : Object.freeze(store),
    redis: redis === null ? null : redisOf(redis, draft, readText),
    tests: tests === null ? null : Object.freeze({ file: tests.file, onReload: tests.on_reload }),
    upstreams,
  })
}

function serverSettings(server: NonNullable<Sections['single']['server']>): ServerSettings {
  const { headers, request, keep_alive, idle } = server.timeout
  return Object.freeze({
    maxConnections: server.max_connections,
    maxHeaders: server.max_headers,
    maxHeaderBytes: server.max_header_size,
    maxTargetBytes: server.max_target,
    maxMemoryBytes: server.max_memory,
    timeout: Object.freeze({ headersMs: headers, requestMs: request, keepAliveMs: keep_alive, idleMs: idle }),
  })
}
