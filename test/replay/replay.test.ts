import t from 'tap'
import { ANONYMOUS } from '../../src/core/principal.ts'
import type { ReadLine } from '../../src/replay/line.ts'
import { replay } from '../../src/replay/replay.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { each, lineOf, policyOf, refusedLine } from './recorded.ts'

const ORDERS = '  - { id: orders, match: { path: /api/orders/* } }\n'
const OPEN = '  - { id: orders, match: { path: /api/orders/* }, auth: none }\n'

t.test('the same decisions are no change', async (t) => {
  const lines = [
    lineOf(),
    refusedLine('key_missing', 'auth'),
    refusedLine('no_route', 'match', { path: '/x' }),
  ]
  const result = await replay(each(lines), policyOf(ORDERS))
  t.match(result, { compared: 3, same: 3, changed: 0, groups: [], ungrouped: 0 })
  t.equal(result.from, '2026-02-03T04:05:06.078Z')
})

t.test('changes in groups: by route, from what, to what; who, and which requests', async (t) => {
  const beta = { kind: 'key', subject: 'b', org: 'beta', keyId: 'beta-prod', authenticator: 'key' } as const
  const lines = [
    lineOf(),
    lineOf({ principal: beta, atMs: forwarded.atMs + 1000 }),
    lineOf({ principal: beta, atMs: forwarded.atMs + 2000 }),
    refusedLine('key_missing', 'auth', { path: '/api/health' }),
    refusedLine('scope_missing', 'scopes', { path: '/api/gone' }),
  ]
  const scoped = policyOf(`  - { id: orders, match: { path: /api/orders/* }, allow: { scopes: [read] } }
  - { id: health, match: { path: /api/health }, auth: none }
`)
  const result = await replay(each(lines), scoped)
  t.match(result, { compared: 5, same: 1, changed: 4 })
  t.strictSame(result.refused, { requests: 2, keys: 1, orgs: 1, clients: 1, at_least: [] })
  t.strictSame(result.let_in, { requests: 1, keys: 0, orgs: 0, clients: 1, at_least: [] })
  t.strictSame(result.other, { requests: 1, keys: 0, orgs: 0, clients: 1, at_least: [] })
  t.match(result.groups, [
    {
      change: 'refused',
      route: 'orders',
      new_route: 'orders',
      was: 'forward',
      would_be: 'scope_missing',
      requests: 2,
      keys: [{ name: 'beta-prod', requests: 2 }],
      orgs: [{ name: 'beta', requests: 2 }],
      first: '2026-02-03T04:05:07.078Z',
      last: '2026-02-03T04:05:08.078Z',
    },
    { change: 'let_in', was: 'key_missing', would_be: 'forward', new_route: 'health' },
    { change: 'other', was: 'scope_missing', would_be: 'no_route', new_route: null },
  ])
  t.equal(result.groups[0]?.examples.length, 2)
})

t.test('limits are counted on the clock of the record', async (t) => {
  const limited = policyOf(
    ORDERS.replace('} }', '}, limits: [few] }'),
    'limits: { few: { by: key, rate: 2/minute } }',
  )
  const at = (seconds: number): ReadLine => lineOf({ atMs: forwarded.atMs + seconds * 1000 })
  const lines = [at(0), at(1), at(2), at(63), at(64), at(64.1)]
  const result = await replay(each(lines), limited)
  t.match(result, { changed: 2, groups: [{ would_be: 'rate_limited', requests: 2 }] })
})

t.test('lines before the time asked for are charged, and not compared', async (t) => {
  const limited = policyOf(
    ORDERS.replace('} }', '}, limits: [few] }'),
    'limits: { few: { by: key, rate: 2/minute } }',
  )
  const at = (seconds: number): ReadLine => lineOf({ atMs: forwarded.atMs + seconds * 1000 })
  const span = { sinceMs: forwarded.atMs + 1500, untilMs: forwarded.atMs + 2500 }
  const result = await replay(each([at(0), at(1), at(2), at(3)]), limited, span)
  t.match(result, { compared: 1, changed: 1, lines: { requests: 4, outside: 3 } })
})

t.test('keys that the policy does not have, and authenticators of another name', async (t) => {
  const old = { kind: 'key', subject: 'c', org: '', keyId: 'gone-prod', authenticator: 'key' } as const
  const gone = await replay(each([lineOf({ principal: old })]), policyOf(ORDERS))
  t.match(gone.groups, [{ would_be: 'key_invalid', keys: [{ name: 'gone-prod' }] }])
  const renamed = { ...forwarded.principal, authenticator: 'header' }
  t.equal((await replay(each([lineOf({ principal: renamed })]), policyOf(ORDERS))).changed, 0)
})

t.test('a key that was refused is judged again by its id', async (t) => {
  const basis = { shown: 'key:acme-prod' } as const
  const result = await replay(each([refusedLine('key_expired', 'auth', { basis })]), policyOf(ORDERS))
  t.match(result.groups, [{ change: 'let_in', was: 'key_expired', keys: [{ name: 'acme-prod' }] }])
  const unknown = refusedLine('key_invalid', 'auth', { basis: { shown: 'unknown' } })
  t.equal((await replay(each([unknown]), policyOf(ORDERS))).changed, 0)
  const twice = refusedLine('credential_ambiguous', 'auth', { basis: { shown: 'ambiguous' } })
  t.equal((await replay(each([twice]), policyOf(ORDERS))).changed, 0)
})

t.test('a credential at which nobody looked is not judged where somebody would', async (t) => {
  const line = lineOf({ principal: ANONYMOUS, basis: { shown: 'unread' }, trail: ['auth'] })
  t.match(await replay(each([line]), policyOf(ORDERS)), { compared: 0, not_compared: { unread: 1 } })
  t.match(await replay(each([line]), policyOf(OPEN)), { compared: 1, changed: 0 })
  const elsewhere = refusedLine('key_missing', 'auth', { basis: { shown: 'unread' } })
  t.match(await replay(each([elsewhere]), policyOf(ORDERS)), { compared: 1, changed: 0 })
  const token = lineOf({ principal: { ...forwarded.principal, kind: 'token' } })
  t.match(await replay(each([token]), policyOf(ORDERS)), { not_compared: { unread: 1 } })
  const same = policyOf(ORDERS)
  const mixed = lineOf({ principal: ANONYMOUS, basis: { shown: 'unread' }, policy: same.policy.hash })
  t.match(await replay(each([mixed]), same), { changed: 1, groups: [{ would_be: 'key_missing' }] })
})

t.test('what is not a matter of the policy is not compared', async (t) => {
  const lines = [
    lineOf({ outcome: 'malformed', code: 'path_refused', basis: null, path: null, trail: [] }),
    lineOf({ outcome: 'malformed', code: 'request_malformed' }),
    refusedLine('overloaded', 'x', { basis: null, path: null, trail: [] }),
    refusedLine('internal', 'validate'),
    refusedLine('limit_unavailable', 'limit'),
    lineOf({ basis: null }),
    lineOf({ code: 'upstream_timeout' }),
    lineOf({ code: 'client_closed' }),
  ]
  const result = await replay(each(lines), policyOf(ORDERS))
  t.match(result, {
    compared: 2,
    changed: 0,
    not_compared: { malformed: 2, circumstances: 3, incomplete: 1, unread: 0 },
  })
})

t.test('gaps and other lines are counted', async (t) => {
  const lines: ReadLine[] = [
    { kind: 'gap', dropped: 7 },
    { kind: 'other' },
    { kind: 'broken' },
    { kind: 'broken' },
  ]
  const result = await replay(each(lines), policyOf(ORDERS))
  t.match(result.lines, { requests: 0, other: 1, broken: 2, dropped: 7 })
  t.match(result, { compared: 0, from: null, to: null })
})

t.test('the client is the one that this policy believes', async (t) => {
  const inside = (trust: string) =>
    policyOf(OPEN.replace('auth: none', 'auth: none, access: { allow: [192.0.2.0/24] }'), `trust: [${trust}]`)
  const proxied = lineOf({ principal: ANONYMOUS, basis: { peer: '10.0.0.1' } })
  t.match(await replay(each([proxied]), inside('10.0.0.1')), { changed: 0, guesses: { client: 0 } })
  t.match(await replay(each([proxied]), inside('10.0.0.9')), { groups: [{ would_be: 'address_refused' }] })
  t.match(await replay(each([proxied]), inside('10.0.0.1, 192.0.2.7')), {
    changed: 0,
    guesses: { client: 1 },
  })
})

t.test('query and body: what was said of them, or taken to be good', async (t) => {
  const validated = (settings: string) =>
    policyOf(
      `  - { id: orders, match: { path: /api/orders/*, methods: [GET, POST] }, validate: { ${settings} } }\n`,
    )
  const post = { method: 'POST', basis: { bodyBytes: 20 }, bytesIn: 20 } as const
  const said = { ...post, principal: forwarded.principal }
  const both = validated('query: { allowed: [a] }, body: ./b.json, max_body: 64B')
  const judge = (line: ReadLine, policy = both) => replay(each([line]), policy)
  t.match(await judge(lineOf({ ...post, trail: ['auth:key', 'validate'] })), {
    changed: 0,
    guesses: { carried: 1 },
  })
  t.match(await judge(lineOf(post)), { changed: 0, guesses: { carried: 0, assumed: 1 } })
  for (const code of ['query_invalid', 'body_invalid', 'media_type_refused'] as const) {
    const line = refusedLine(code, 'validate', said)
    t.match(await judge(line), { changed: 0, guesses: { carried: 1 } }, code)
    t.match(await judge(line, policyOf(ORDERS)), { let_in: { requests: 1 } }, code)
  }
  const small = validated('max_body: 10B')
  t.match(await judge(lineOf(post), small), {
    groups: [{ would_be: 'body_too_large' }],
    guesses: { assumed: 0 },
  })
  const cut = lineOf({ ...post, code: 'body_too_large', basis: { bodyBytes: null } })
  t.match(await judge(cut, small), { changed: 0 })
  t.match(await judge(cut, both), { let_in: { requests: 1 } })
  const none = refusedLine('body_invalid', 'validate', { ...said, basis: { bodyBytes: 0 } })
  t.match(await judge(none, validated('body: ./b.json')), { changed: 0, guesses: { carried: 0 } })
})

t.test('preflights are answered again', async (t) => {
  const cors = policyOf(ORDERS.replace('} }', '}, cors: { origins: [https://a.example] } }'))
  const preflight = { method: 'GET', headers: 'x-a' }
  const line = (origin: string): ReadLine =>
    lineOf({ method: 'OPTIONS', outcome: 'answer', trail: ['cors='], basis: { origin, preflight } })
  t.match(await replay(each([line('https://a.example')]), cors), { changed: 0 })
  t.match(await replay(each([line('https://b.example')]), cors), { groups: [{ would_be: 'origin_refused' }] })
})

t.test('a refusal that was only reported counts by what this policy does', async (t) => {
  const line = lineOf({ principal: ANONYMOUS, trail: ['auth?key_missing'] })
  t.match(await replay(each([line]), policyOf(ORDERS)), {
    groups: [{ was: 'forward', would_be: 'key_missing' }],
  })
  const reported = policyOf(ORDERS.replace('} }', '}, mode: report }'))
  t.match(await replay(each([line]), reported), { changed: 0 })
})

t.test('groups, names and examples are bounded', async (t) => {
  const lines = Array.from({ length: 1200 }, (_, i) => lineOf({ route: `route-${i}`, client: `c${i}` }))
  const gone = policyOf('  - { id: other, match: { path: /other } }\n')
  const many = await replay(each(lines), gone)
  t.equal(many.groups.length, 1000)
  t.equal(many.ungrouped, 200)
  t.equal(many.refused.requests, 1200)
  const one = await replay(each(Array.from({ length: 300 }, (_, i) => lineOf({ client: `c${i}` }))), gone)
  t.equal(one.groups[0]?.clients.length, 100)
  t.equal(one.groups[0]?.examples.length, 5)
  t.equal(one.refused.clients, 300)
})

t.test('progress is told now and then', async (t) => {
  const told: number[] = []
  const lines = Array.from({ length: 20_001 }, (): ReadLine => ({ kind: 'other' }))
  await replay(each(lines), policyOf(ORDERS), { onProgress: (count) => told.push(count) })
  t.strictSame(told, [10_000, 20_000])
})
