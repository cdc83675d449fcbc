import fc from 'fast-check'
import t from 'tap'
import type { AuditRecord } from '../../src/core/audit.ts'
import { explain } from '../../src/explain/explain.ts'
import type { Explanation } from '../../src/explain/explanation.ts'
import { MASK } from '../../src/explain/mask.ts'
import type { Described } from '../../src/judge/described.ts'
import { judge } from '../../src/judge/judge.ts'
import { type App, KEY, KEYS, OTHER_KEY, startApp } from '../support/app.ts'
import type { Reply } from '../support/raw-client.ts'
import { OK, type RawUpstream, type SeenRequest, startUpstream } from '../support/raw-upstream.ts'
import { liveWorld, memory, worldOf } from './scene.ts'

const textFor = (origin: string): string => `version: 1
trust: [127.0.0.1]
upstreams: { api: { url: "${origin}/base" }, own: { url: ${origin}, preserve_host: false } }
${KEYS}
limits:
  near: { by: ip, rate: 12/minute, burst: 6/second }
  few: { by: key, rate: 5/minute, quota: 30/day, warn_at: [50%] }
  slow: { by: org, quota: 8/month, cooldown: { after: 2, within: 1m, for: 10m } }
authenticators: { key: { type: api_key, in: ["header:x-api-key", "query:api_key", bearer] } }
defaults: { upstream: api, auth: [key], limits: [near, few] }
routes:
  - { id: open, match: { path: /open }, auth: none, limits: [near], limit_headers: both }
  - { id: orders, match: { path: "/orders/*", methods: [GET, POST] }, allow: { scopes: [orders.read] },
      cors: { origins: ["https://shop.example"], credentials: true } }
  - { id: cut, match: { path: "/v1/*" }, auth: [key, none], limits: [], strip_prefix: /v1, upstream: own,
      headers: { request: { remove: [x-debug], set: { x-from: gate } }, response: { set: { x-to: you } } } }
  - { id: small, match: { path: /small, methods: [POST] }, limits: [], auth: none, validate: { max_body: 4B } }
  - { id: soft, match: { path: /soft }, limits: [few, slow], mode: report }
  - { id: slow, match: { path: /slow }, limits: [slow], limit_headers: both }
  - { id: inner, match: { path: /inner }, auth: none, limits: [], access: { allow: [10.0.0.0/8] } }
  - { id: there, match: { path: /there, hosts: [there.example] }, auth: none, limits: [], forward_credential: true }
`
const BOUNDS = { maxHeaders: 100, maxTargetBytes: 8192 }

const targets = [
  '/open?a=b',
  '/orders/7?a=b&api_key=x',
  '/v1/things/1?q',
  '/v1/a//b',
  '/small',
  '/soft',
  '/slow',
]
const request = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'OPTIONS', 'HEAD', 'DELETE'),
  target: fc.constantFrom(...targets, '/inner', '/there', '/nowhere', '/orders/%2F', '/a/../b', '*'),
  host: fc.constantFrom('a.example', 'there.example:80', 'a b'),
  credential: fc.constantFrom(
    [],
    ['x-api-key', KEY],
    ['Authorization', `Bearer ${OTHER_KEY}`],
    ['x-api-key', 'none'],
  ),
  more: fc.subarray([
    ['X-Forwarded-For', '10.1.2.3'],
    ['X-Forwarded-Proto', 'https'],
    ['Connection', 'keep-alive, x-hop'],
    ['x-hop', 'one'],
    ['X-Debug', 'yes'],
    ['x-from', 'client'],
    ['x-sallyport-subject', 'root'],
    ['Cookie', 'session=abc'],
    ['Origin', 'https://shop.example'],
    ['access-control-request-method', 'GET'],
    ['x-http-method-override', 'DELETE'],
    ['TE', 'trailers'],
    ['accept', 'text/html'],
  ]),
  body: fc.constantFrom('', '', 'four', 'fives', 'chunked'),
})

type Sent = typeof request extends fc.Arbitrary<infer T> ? T : never

function fieldsOf({ host, credential, more, body }: Sent): string[] {
  const framing =
    body === ''
      ? []
      : body === 'chunked'
        ? ['transfer-encoding', 'chunked']
        : ['content-length', `${body.length}`]
  return ['Host', host, ...credential, ...more.flat(), ...framing]
}

async function sendLive(app: App, api: RawUpstream, sent: Sent): Promise<Live> {
  const fields = fieldsOf(sent)
  const lines = fields.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${fields[i + 1]}\r\n`] : []))
  const body = sent.body === 'chunked' ? '7\r\nchunked\r\n0\r\n\r\n' : sent.body
  const [count, asked] = [app.records.length, api.requests.length]
  const client = app.client().send(`${sent.method} ${sent.target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  const reply = await client.reply(sent.method === 'HEAD' ? 'reply to HEAD' : 'reply')
  client.leave()
  const record = (await app.recorded(count + 1))[count] as AuditRecord
  return { reply, record, asked: api.requests[asked] ?? null }
}

function describedOf(sent: Sent, { id, atMs }: AuditRecord): Described {
  const { method, target, body } = sent
  const bytes = body === '' ? null : Buffer.from(body)
  return { method, target, fields: fieldsOf(sent), peer: '127.0.0.1', atMs, id, body: bytes }
}

/** What is about a connection, or not known beforehand. */
const UNTOLD = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length'])

type Pairs = readonly (readonly [name: string, value: string])[]

const linesOf = (fields: Pairs): string[] =>
  fields
    .filter(([name]) => !UNTOLD.has(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .sort()

/** What is masked is taken to be what was there. */
const shownLines = (fields: Explanation['to_client'], live: Pairs): string[] =>
  linesOf(
    fields.map(({ name, value }) => {
      const real = live.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1]
      return [name, value === MASK && real !== undefined ? real : value]
    }),
  )

interface Live {
  readonly reply: Reply
  readonly record: AuditRecord
  /** null: the upstream was not asked. */
  readonly asked: SeenRequest | null
}

function outcomeOf({ code, outcome }: AuditRecord): string {
  if (code !== null) return 'refuse'
  return outcome === 'malformed' ? 'answer' : outcome
}

const liveFacts = ({ reply, record, asked }: Live) => ({
  outcome: outcomeOf(record),
  code: record.code,
  why: record.why,
  route: record.route,
  status: reply.status,
  path: record.path,
  client: record.client,
  toClient: linesOf(reply.fields),
  target: asked?.target,
  toUpstream: linesOf(asked?.fields ?? []),
})

const saidFacts = (said: Explanation, { reply, asked }: Live) => ({
  outcome: said.outcome,
  code: said.code,
  why: said.why,
  route: said.route?.id ?? null,
  status: said.status ?? 200,
  path: said.request.path,
  client: said.request.client,
  toClient: shownLines(said.to_client, reply.fields),
  target: said.upstream?.target,
  toUpstream: shownLines(said.to_upstream, asked?.fields ?? []),
})

/** How many refusals a bucket has behind it nobody can read; that the next one may shut it is told. */
function isAtCooldown({ code, warnings }: Explanation, { record }: Live): boolean {
  return record.code === 'cooldown' && code !== 'cooldown' && warnings.some((one) => one.includes('cooldown'))
}

t.test('an explanation says what the live gate then does, field for field', async (t) => {
  const api = await startUpstream(t)
  api.answer = ({ method }) => (method === 'HEAD' ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n' : OK)
  const text = textFor(api.origin)
  const app = await startApp(t, text)
  const world = worldOf(text)
  // Charged with what the live ones are charged, at the same times: before each request these two are alike.
  const counters = memory()
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(request, async (sent) => {
      const live = await sendLive(app, api, sent)
      const described = describedOf(sent, live.record)
      const said = await explain({ described, claim: undefined }, liveWorld(world, counters))
      await judge(world.policy, described, BOUNDS, { counters })
      seen.add(`${live.record.code ?? live.record.outcome}`)
      if (isAtCooldown(said, live)) return
      t.strictSame(saidFacts(said, live), liveFacts(live), `${sent.method} ${sent.target}`)
    }),
    { numRuns: 400 },
  )
  t.ok(seen.size >= 7, `it saw ${[...seen].join(', ')}`)
})
