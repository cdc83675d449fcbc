import type { Test } from 'tap'
import type { AuditRecord } from '../../src/core/audit.ts'
import { CODES, type Code } from '../../src/core/codes.ts'
import { type App, KEYS, startApp } from '../support/app.ts'
import { got, type Reply } from '../support/raw-client.ts'
import { type RawUpstream, startUpstream } from '../support/raw-upstream.ts'

/** `/admin` and what is below is for keys, `/public` and the rest of the named paths for anybody. */
export function policyFor(origin: string): string {
  return `version: 1
upstreams: { api: { url: "${origin}", circuit: off, retry: off } }
${KEYS}
defaults: { upstream: api, auth: none }
routes:
  - { id: root, match: { path: / } }
  - { id: public, match: { path: /public/* } }
  - { id: admin-root, match: { path: /admin }, auth: key }
  - { id: admin, match: { path: /admin/* }, auth: key }
  - { id: packages, match: { path: /packages/* }, path: { encoded_slash: allow } }
`
}

export interface Door {
  readonly app: App
  readonly upstream: RawUpstream
}

/** One gate for the tests of a file. */
export async function startDoor(t: Test): Promise<Door> {
  const upstream = await startUpstream(t)
  const app = await startApp(t, policyFor(upstream.origin))
  return { app, upstream }
}

const HONEST = 'GET /public/honest HTTP/1.1\r\nHost: a\r\n\r\n'
const REQUEST_ID = /^[0-9a-f]{32}$/

export interface Expected {
  readonly code: Code
  /** false: the connection may live on. */
  readonly closes?: boolean
}

/** What must hold of any refused input: a fixed answer, one record, nothing upstream, and nobody else harmed. */
export async function assertRefused(
  t: Test,
  door: Door,
  bytes: string | Uint8Array,
  { code, closes = true }: Expected,
): Promise<Reply> {
  const { app } = door
  await quiet(door)
  const client = app.client()
  const reply = await client.send(bytes).reply()
  if (closes) await client.closed()
  else client.leave()
  assertProblem(t, reply, code)
  if (closes) t.equal(got(reply, 'connection'), 'close', 'the reply says that the connection ends')
  t.equal(client.received.match(/HTTP\/1\.1 \d{3}/g)?.length, 1, 'one reply and no more')
  await assertHonestOnly(t, door, code)
  return reply
}

/** An honest request still works; beside it there is one record, and nothing reached the upstream. */
export async function assertHonestOnly(t: Test, door: Door, code: Code): Promise<AuditRecord | undefined> {
  const { app, upstream } = door
  const honest = app.client()
  t.equal((await honest.send(HONEST).reply()).status, 200, 'an honest request on another connection works')
  honest.leave()
  await app.recorded(2)
  const [refused, ...more] = app.records.filter(({ path }) => path !== '/public/honest')
  t.strictSame([refused?.code, more.length], [code, 0], 'exactly one audit record, with the code')
  t.equal(refused?.upstream, null, 'the upstream was not asked')
  t.equal(upstream.requests.length, 1, 'only the honest request reached the upstream')
  t.ok(upstream.log.startsWith('GET /public/honest HTTP/1.1\r\n'), 'and no other byte')
  return refused
}

/** A refusal holds the fixed fields of its code and nothing of the request. */
export function assertProblem(t: Test, reply: Reply, code: Code): void {
  const { status, title } = CODES[code]
  t.equal(reply.status, status, `status of ${code}`)
  t.equal(got(reply, 'content-type'), 'application/problem+json')
  t.equal(got(reply, 'x-content-type-options'), 'nosniff', 'guard headers ride on it')
  const body = JSON.parse(reply.body)
  t.match(body.request_id, REQUEST_ID)
  t.match(body.timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  t.strictSame(
    { ...body, request_id: '', timestamp: '' },
    {
      type: `urn:sallyport:error:${code}`,
      title,
      status,
      detail: 'Ask the operator, and name the request id.',
      code,
      request_id: '',
      timestamp: '',
    },
    'a fixed body without echo',
  )
  t.equal(got(reply, 'x-request-id'), body.request_id)
}

/** Waits until everything before is told of, and forgets it. */
export async function quiet({ app, upstream }: Door): Promise<void> {
  app.records.length = 0
  upstream.reset()
}

/** The replies to requests that go through, with what reached the upstream. */
export async function forwarded(door: Door, bytes: string): Promise<Reply> {
  await quiet(door)
  const client = door.app.client()
  const reply = await client.send(bytes).reply()
  client.leave()
  await door.app.recorded(1)
  return reply
}
