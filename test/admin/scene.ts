import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { AuditEvent } from '../../src/adapters/audit.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { LogDetails } from '../../src/adapters/log.ts'
import { type AdminParts, createAdminServer } from '../../src/admin/server.ts'
import { Report } from '../../src/report/report.ts'
import { Current } from '../../src/runtime/current.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { RecentRecords } from '../../src/runtime/recent.ts'
import { type ReloadParts, reload } from '../../src/runtime/reload.ts'
import { RawClient, type Reply } from '../support/raw-client.ts'

export const TOKEN = 'canary-token-0123456789'
export const SECRET = 'canary-upstream-secret'
export const GOOD = { authorization: `Bearer ${TOKEN}` }
export const JSON_POST = { method: 'POST', headers: { ...GOOD, 'content-type': 'application/json' } }

export const reference = (name: string): string => `"$\u007benv:${name}}"`

export const policyText = (more = '', token = reference('ADMIN_TOKEN')): string => `version: 1
admin: { listen: 127.0.0.1:0, token: ${token} }
upstreams: { legacy: { url: "http://127.0.0.1:3000" } }
defaults: { upstream: legacy, auth: none }
routes:
  - { id: open, match: { path: /open, methods: [GET] } }
  - id: closed
    match: { path: "/closed/*", methods: [GET, POST] }
    auth: [key]
    headers: { request: { set: { x-upstream-secret: ${reference('UPSTREAM_SECRET')} } } }
keys: [{ id: one, hash: "sha256:${'ab'.repeat(32)}" }]
${more}`

export interface Scene {
  readonly port: number
  readonly url: string
  readonly file: string
  readonly events: AuditEvent[]
  readonly said: (readonly [level: string, message: string, details?: LogDetails])[]
  readonly current: Current
  readonly counters: MemoryCounters
  /** Asks with the token. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>
  /** Asks byte for byte; lines without CRLF. */
  readonly raw: (...lines: string[]) => Promise<Reply>
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** An admin listener over a policy file that can be changed, on a free port. */
export async function adminScene(
  t: Test,
  text = policyText(),
  host = '127.0.0.1',
  others: Partial<Pick<AdminParts, 'counters' | 'store' | 'report' | 'recent'>> = {},
): Promise<Scene> {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, text)
  const said: Scene['said'] = []
  const events: AuditEvent[] = []
  const parts = reloading(file, said)
  const counters = new MemoryCounters()
  const server = await createAdminServer({
    host,
    token: TOKEN,
    current: parts.current,
    reload: (why) => reload(parts, why),
    audit: { event: (event) => void events.push(event) },
    health: () => ({ status: 'ok', ready: true, started: true, summary: { policy: { hash: 'ab' } } }),
    circuits: () => [
      { name: 'legacy', state: 'open', openedAtMs: 1000 },
      { name: 'other', state: 'closed', openedAtMs: null },
    ],
    report: new Report(),
    recent: new RecentRecords(),
    log: parts.log,
    counters,
    ...others,
  })
  t.teardown(() => server.close())
  const { port } = await server.listen('127.0.0.1', 0)
  const url = `http://127.0.0.1:${port}`
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const reply = await fetch(`${url}${path}`, { headers: GOOD, ...init })
    return { status: reply.status, text: await reply.text(), headers: reply.headers }
  }
  return { port, url, file, events, said, current: parts.current, counters, ask, raw: rawAsker(t, port) }
}

function reloading(file: string, said: Scene['said']): ReloadParts {
  const load = () => loadPolicy(file, { ADMIN_TOKEN: TOKEN, UPSTREAM_SECRET: SECRET }, 0)
  const prepare: ReloadParts['prepare'] = ({ policy, settings, about }) => {
    const sendOf = () => () => Promise.reject(new Error('no upstream here'))
    return { policy, settings, about, sendOf, loadedAtMs: 1000 }
  }
  const { compiled, errors } = load()
  if (compiled === null) throw new Error(errors.join('\n'))
  const tell = (level: string) => (message: string, details?: LogDetails) =>
    void said.push([level, message, details ?? {}])
  const log = { info: tell('info'), warn: tell('warn'), error: tell('error'), flushNow: () => undefined }
  const started = compiled.settings
  return { current: new Current(prepare(compiled)), started, load, prepare, log, nowMs: () => 2000 }
}

function rawAsker(t: Test, port: number): Scene['raw'] {
  return async (...lines) => {
    const client = new RawClient(port)
    t.teardown(() => client.leave())
    return await client.send(`${lines.join('\r\n')}\r\n\r\n`).reply()
  }
}
