import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import type { Policy } from '../../src/core/policy.ts'
import type { Claim } from '../../src/core/ports.ts'
import { type Described, knockOf } from '../../src/judge/described.ts'
import { type Judgement, judge } from '../../src/judge/judge.ts'
import { KEY, KEYS, OTHER_KEY, startApp } from '../support/app.ts'
import { startUpstream } from '../support/raw-upstream.ts'

const BOUNDS = { maxHeaders: 100, maxTargetBytes: 8192 }
const UNKNOWN_KEY = 'a-key-that-nobody-has-0123456789'

const textFor = (origin: string): string => `version: 1
upstreams: { api: { url: ${origin} } }
${KEYS}  - { id: old, hash: "sha256:${'0'.repeat(64)}", expires: 2020-01-01 }
limits: { few: { by: key, rate: 3/minute } }
authenticators: { key: { type: api_key, in: ["header:x-api-key", bearer] } }
defaults: { upstream: api, auth: [key], limits: [few] }
routes:
  - { id: open, match: { path: /open }, auth: none, limits: [] }
  - { id: mixed, match: { path: /mixed }, auth: [key, none], limits: [] }
  - { id: orders, match: { path: /orders/*, methods: [GET, POST] }, allow: { scopes: [orders.read] } }
  - { id: small, match: { path: /small, methods: [POST] }, limits: [], validate: { max_body: 4B } }
`

function policyOf(text: string): Policy {
  const readText = (): string => ''
  const { policy, problems } = compile(text, { file: 'p.yaml', readText, env: {}, nowMs: Date.now() })
  if (policy === null) throw new Error(problems.map(formatProblem).join('\n'))
  return policy
}

function described(more: Partial<Described> = {}): Described {
  return {
    method: 'GET',
    target: '/open',
    fields: ['Host', 'api.example.com'],
    peer: '127.0.0.1',
    atMs: Date.now(),
    id: '0'.repeat(32),
    body: null,
    ...more,
  }
}

const codeOf = ({ door, decision }: Judgement): string | null => {
  const refusal = door === null ? decision.refusal : door
  return refusal?.kind === 'refuse' ? refusal.code : null
}

t.test('what is described is judged as what is sent: random requests, one after the other', async (t) => {
  const api = await startUpstream(t)
  const text = textFor(api.origin)
  const app = await startApp(t, text)
  const policy = policyOf(text)
  const counters = new MemoryCounters()
  const seen = new Set<string>()
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'TRACE'),
    target: fc.constantFrom(
      '/open',
      '/mixed',
      '/orders/7?a=b',
      '/small',
      '/none',
      '/a/../b',
      '/orders/%2F',
      '*',
    ),
    host: fc.constantFrom('Host: a', 'Host: a:80', 'Host: a\r\nHost: a', 'Host: a b'),
    credential: fc.constantFrom(
      [],
      ['x-api-key', KEY],
      ['X-Api-Key', OTHER_KEY],
      ['x-api-key', UNKNOWN_KEY],
      ['authorization', `Bearer ${KEY}`],
      ['x-api-key', KEY, 'authorization', `Bearer ${OTHER_KEY}`],
      ['x-api-key', KEY, 'x-api-key', OTHER_KEY],
    ),
    body: fc.constantFrom('', 'four', 'fives'),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ method, target, host, credential, body }) => {
      const fields = [
        ...host.split('\r\n').flatMap((line) => line.split(': ')),
        'connection',
        'close',
        ...credential,
        ...(body === '' ? [] : ['content-length', `${body.length}`]),
      ]
      const lines = Array.from(
        { length: fields.length / 2 },
        (_, i) => `${fields[2 * i]}: ${fields[2 * i + 1]}\r\n`,
      )
      const count = app.records.length
      const client = app.client().send(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
      const live = (await app.recorded(count + 1))[count]
      client.leave()
      const bytes = body === '' ? null : Buffer.from(body)
      const asked = described({ method, target, fields, body: bytes, atMs: live?.atMs ?? 0 })
      const judged = await judge(policy, asked, BOUNDS, { counters })
      seen.add(`${live?.code}`)
      return codeOf(judged) === live?.code && (judged.decision?.route?.id ?? null) === live?.route
    }),
    { numRuns: 300 },
  )
  t.ok(seen.size >= 6, `it saw ${[...seen].join(', ')}`)
})

t.test('a claim has the outcome of the credential it stands for', async (t) => {
  const policy = policyOf(textFor('http://127.0.0.1:1'))
  const pairs: readonly (readonly [Claim, readonly string[]])[] = [
    [{ kind: 'none' }, []],
    [{ kind: 'key', id: 'acme-prod', authenticator: null }, ['x-api-key', KEY]],
    [{ kind: 'key', id: 'acme-prod', authenticator: 'key' }, ['x-api-key', KEY]],
    [{ kind: 'key', id: 'other-prod', authenticator: 'key' }, ['x-api-key', OTHER_KEY]],
    [{ kind: 'unknown' }, ['x-api-key', UNKNOWN_KEY]],
    [{ kind: 'key', id: 'nobody', authenticator: null }, ['x-api-key', UNKNOWN_KEY]],
    [{ kind: 'ambiguous' }, ['x-api-key', KEY, 'authorization', `Bearer ${OTHER_KEY}`]],
  ]
  for (const [claim, credential] of pairs) {
    for (const target of ['/open', '/mixed', '/orders/7', '/nowhere']) {
      const [claimed, shown] = await Promise.all([
        judge(policy, described({ target }), BOUNDS, { counters: new MemoryCounters(), claim }),
        judge(policy, described({ target, fields: ['Host', 'a', ...credential] }), BOUNDS, {
          counters: new MemoryCounters(),
        }),
      ])
      const told = `${JSON.stringify(claim)} at ${target}`
      t.equal(codeOf(claimed), codeOf(shown), told)
      t.strictSame(claimed.decision?.principal, shown.decision?.principal, told)
      t.strictSame(claimed.decision?.refusal?.headers, shown.decision?.refusal?.headers, told)
    }
  }
})

t.test('other claims', async (t) => {
  const policy = policyOf(textFor('http://127.0.0.1:1'))
  const counters = new MemoryCounters()
  const ask = (claim: Claim, target = '/orders/7') =>
    judge(policy, described({ target }), BOUNDS, { counters, claim })
  t.equal(codeOf(await ask({ kind: 'key', id: 'old', authenticator: null })), 'key_expired')
  t.equal(codeOf(await ask({ kind: 'key', id: 'acme-prod', authenticator: 'another' })), 'key_missing')
  const principal = {
    kind: 'token' as const,
    subject: 'ann',
    org: 'acme',
    scopes: ['orders.read'],
    roles: [],
    keyId: '',
    authenticator: 'sso',
    limits: null,
  }
  t.strictSame((await ask({ kind: 'principal', principal })).decision?.principal, principal)
  t.equal((await ask({ kind: 'principal', principal }, '/open')).decision?.principal.kind, 'anonymous')
})

t.test('repeated fields are looked up as Node looks them up', async (t) => {
  const name = fc.constantFrom('Host', 'Cookie', 'Origin', 'User-Agent', 'X-Forwarded-For', 'Accept', 'ETag')
  const field = fc.tuple(name, fc.stringMatching(/^[a-z]{1,5}$/))
  fc.assert(
    fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
      const message = new IncomingMessage(new Socket())
      message.rawHeaders = fields.flat()
      // What Node's own parser calls for each field of a message.
      const parsed = message as unknown as { _addHeaderLines(flat: string[], count: number): void }
      parsed._addHeaderLines(fields.flat(), fields.length * 2)
      t.strictSame({ ...knockOf(described({ fields: fields.flat() })).headers }, { ...message.headers })
    }),
  )
})
