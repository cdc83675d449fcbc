import type { Test } from 'tap'
import { type App, type AppOptions, KEYS, startApp } from '../support/app.ts'
import type { Reply } from '../support/raw-client.ts'
import { type RawUpstream, type SeenRequest, startUpstream } from '../support/raw-upstream.ts'

const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS, QUERY, PROPFIND, PURGE, MKCOL, SEARCH, REPORT'

/** Everything is open but `/keyed`; the upstream has no circuit and no retry of its own. */
function openPolicy(origin: string, top = ''): string {
  return `version: 1
upstreams:
  api: { url: "${origin}", circuit: off, retry: off, timeout: { connect: 1s, response: 5s, idle: 5s } }
limits: { one: { by: ip, rate: 1/day } }
${KEYS}${top}
defaults: { upstream: api, auth: none }
routes:
  - { id: all, match: { path: /*, methods: [${METHODS}] } }
  - { id: keyed, match: { path: /keyed/* }, auth: key, allow: { scopes: [orders.read] } }
  - { id: small, match: { path: /small/* }, validate: { max_body: 1KB } }
  - { id: once, match: { path: /once/* }, limits: one }
  - id: cors
    match: { path: /cors/* }
    auth: key
    cors: { origins: ["https://shop.example.com"], credentials: true }
`
}

export interface World {
  readonly app: App
  readonly upstream: RawUpstream
}

/** A gate before a scripted API. */
export async function startWorld(t: Test, options: AppOptions = {}, policy = openPolicy): Promise<World> {
  const upstream = await startUpstream(t)
  return { upstream, app: await startApp(t, policy(upstream.origin), options) }
}

export interface Exchanged {
  readonly reply: Reply
  /** What the upstream got; its first request since. */
  readonly seen: SeenRequest | undefined
}

/** One request on a connection of its own; the upstream answers with `answer`. */
export async function exchange(world: World, bytes: string, answer?: string): Promise<Exchanged> {
  const { app, upstream } = world
  app.records.length = 0
  upstream.reset()
  if (answer !== undefined) upstream.answer = () => answer
  const client = app.client()
  const reply = await client.send(bytes).reply(bytes.startsWith('HEAD') ? 'reply to HEAD' : 'reply')
  client.leave()
  await app.recorded(1)
  return { reply, seen: upstream.requests[0] }
}

/** A request without a body. */
export function head(line: string, ...fields: string[]): string {
  return `${line} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}
