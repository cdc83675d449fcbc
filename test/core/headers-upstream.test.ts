import t from 'tap'
import { FORWARDING_NAMES, upstreamFields, upstreamTarget } from '../../src/core/headers.ts'
import type { RequestPlan } from '../../src/core/policy.ts'
import { PASS } from '../../src/core/verdict.ts'
import { decided, forwarded, pairsOf, requestPlan, valuesOf } from './deciding.ts'

const IDENTITY = 'x-authenticated-user'
const PLAN = requestPlan({ set: ['x-api-version', '2'], drop: ['x-api-version', IDENTITY, 'x-api-key'] })

/** What the upstream gets of these client fields, with an identity that a check has learned. */
function sent(fields: string[], facts: object = {}, plan: RequestPlan = PLAN): string[] {
  return upstreamFields(forwarded({ fields, ...facts }, { upstreamHeaders: [IDENTITY, 'ann'] }), plan)
}

t.test('the upstream gets the host, what the client sent, and then what is ours', async (t) => {
  t.strictSame(
    sent(['Host', 'api.example.com', 'Accept', '*/*', 'x-b', '1', 'X-B', '2'], { traceparent: '00-1-2-01' }),
    [
      ...['host', 'api.example.com', 'Accept', '*/*', 'x-b', '1', 'X-B', '2', 'x-api-version', '2'],
      ...['x-request-id', '0'.repeat(32), 'x-forwarded-for', '192.0.2.1', 'x-forwarded-proto', 'http'],
      ...[
        'x-forwarded-host',
        'api.example.com',
        'forwarded',
        'for=192.0.2.1;host="api.example.com";proto=http',
      ],
      ...['traceparent', '00-1-2-01', IDENTITY, 'ann'],
    ],
  )
})

t.test('the plan may name the host of the upstream', async (t) => {
  t.strictSame(valuesOf(sent(['Host', 'a'], { authority: 'a' }), 'host'), ['a'])
  t.strictSame(valuesOf(sent(['Host', 'a'], {}, { ...PLAN, host: 'legacy:3000' }), 'host'), ['legacy:3000'])
})

t.test('V19: Connection cannot take an injected field away', async (t) => {
  for (const connection of [
    'close, x-authenticated-user',
    'X-Authenticated-User',
    'x-request-id,\tX-Forwarded-For , x-api-version',
  ]) {
    const fields = sent(['Connection', connection])
    t.strictSame(valuesOf(fields, IDENTITY), ['ann'])
    t.strictSame(valuesOf(fields, 'x-forwarded-for'), ['192.0.2.1'])
    t.strictSame(valuesOf(fields, 'x-api-version'), ['2'])
    t.strictSame(valuesOf(fields, 'x-request-id'), ['0'.repeat(32)])
  }
})

t.test('V19: what Connection names of the client’s own fields goes no further', async (t) => {
  const fields = sent([
    'X-Hop',
    '1',
    'Connection',
    'close, X-HOP',
    'connection',
    'x-two',
    'x-two',
    '2',
    'x-end',
    '3',
  ])
  t.strictSame(valuesOf(fields, 'x-hop'), [])
  t.strictSame(valuesOf(fields, 'x-two'), [])
  t.strictSame(valuesOf(fields, 'x-end'), ['3'])
  t.strictSame(valuesOf(fields, 'connection'), [])
})

t.test('V19: Connection as a list of lines', async (t) => {
  const fields = sent(['x-hop', '1', 'x-end', '2'], { headers: { connection: ['close', 'x-hop'] } })
  t.strictSame([valuesOf(fields, 'x-hop'), valuesOf(fields, 'x-end')], [[], ['2']])
})

t.test('V20: Connection hides no credential from the checks', async (t) => {
  const seen: unknown[] = []
  const fields = ['Connection', 'x-api-key, authorization, cookie', 'X-Api-Key', 'k', 'Authorization', 'b']
  const look = ({ facts }: { facts: { headers: object } }) => {
    seen.push(facts.headers)
    return PASS
  }
  await decided([look], {}, { fields })
  t.match(seen, [{ 'x-api-key': 'k', authorization: 'b' }])
})

t.test('V21: Connection cannot touch host or framing', async (t) => {
  const fields = sent([
    ...['Host', 'api.example.com', 'Connection', 'host, transfer-encoding, content-length'],
    ...['Transfer-Encoding', 'chunked', 'x-end', '1'],
  ])
  t.strictSame(valuesOf(fields, 'host'), ['api.example.com'])
  t.strictSame(valuesOf(fields, 'transfer-encoding'), [])
  t.strictSame(valuesOf(fields, 'x-end'), ['1'])
})

t.test('V22: client copies of what is ours are stripped, in any case', async (t) => {
  for (const name of ['x-authenticated-user', 'X-Authenticated-User', 'X-AUTHENTICATED-USER']) {
    t.strictSame(valuesOf(sent([name, 'root', name, 'root']), IDENTITY), ['ann'])
  }
  t.strictSame(valuesOf(sent(['X-Api-Key', 'secret']), 'x-api-key'), [])
})

t.test('V24: X-Forwarded-For of an untrusted peer is replaced by its address', async (t) => {
  const fields = sent(['X-Forwarded-For', '127.0.0.1', 'X-Real-IP', '127.0.0.1'], {
    peer: '203.0.113.9',
    client: '203.0.113.9',
  })
  t.strictSame(valuesOf(fields, 'x-forwarded-for'), ['203.0.113.9'])
  t.strictSame(valuesOf(fields, 'x-real-ip'), [])
})

t.test('V24: a trusted peer is added to what it says', async (t) => {
  const trusted = { peer: '10.0.0.1', client: '203.0.113.9', peerTrusted: true }
  const fields = sent(['X-Forwarded-For', '198.51.100.1', 'x-forwarded-for', '203.0.113.9'], trusted)
  t.strictSame(valuesOf(fields, 'x-forwarded-for'), ['198.51.100.1, 203.0.113.9, 10.0.0.1'])
  t.strictSame(valuesOf(sent([], { ...trusted, client: '10.0.0.1' }), 'x-forwarded-for'), ['10.0.0.1'])
  const list = sent([], { ...trusted, headers: { 'x-forwarded-for': ['1.1.1.1', '2.2.2.2'] } })
  t.strictSame(valuesOf(list, 'x-forwarded-for'), ['1.1.1.1, 2.2.2.2, 10.0.0.1'])
})

t.test('V25: what a client says of where it came from never passes', async (t) => {
  const fields = sent(FORWARDING_NAMES.flatMap((name) => [name.toUpperCase(), 'evil']))
  t.notOk(fields.some((field) => field.includes('evil')))
})

t.test('V25: host and scheme are those of the facts', async (t) => {
  const fields = sent([], {
    clientAuthority: 'shop.example.com:8443',
    scheme: 'https',
    client: '2001:db8:0:0:0:0:0:1',
  })
  t.strictSame(valuesOf(fields, 'x-forwarded-host'), ['shop.example.com:8443'])
  t.strictSame(valuesOf(fields, 'x-forwarded-proto'), ['https'])
  t.strictSame(valuesOf(fields, 'forwarded'), [
    'for="[2001:db8:0:0:0:0:0:1]";host="shop.example.com:8443";proto=https',
  ])
})

t.test('V31, V33, V45: hop-by-hop, httpoxy and method overrides are not forwarded', async (t) => {
  const odd = [
    ...['Proxy', 'Proxy-Authorization', 'TE', 'Keep-Alive', 'Trailer', 'Upgrade', 'HTTP2-Settings', 'Expect'],
    ...[
      'Proxy-Connection',
      'Transfer-Encoding',
      'X-HTTP-Method-Override',
      'X-HTTP-Method',
      'X-Method-Override',
    ],
  ]
  const names = pairsOf(sent(odd.flatMap((name) => [name, 'evil']))).map(([name]) => name)
  t.strictSame(
    odd.filter((name) => names.includes(name.toLowerCase())),
    [],
  )
})

t.test('a plain Connection takes nothing away', async (t) => {
  for (const connection of ['keep-alive', 'close', 'Keep-Alive', '']) {
    const fields = sent(['Connection', connection, 'close', '1', 'x-a', '2'])
    t.strictSame([valuesOf(fields, 'x-a'), valuesOf(fields, 'connection')], [['2'], []], connection)
  }
})

t.test('the target is base path, path and the query as sent', async (t) => {
  t.equal(upstreamTarget('', '/a', '', PLAN), '/a')
  t.equal(upstreamTarget('/base', '/a', '?b=%20&&c;d#', PLAN), '/base/a?b=%20&&c;d#')
  t.equal(upstreamTarget('', '/a', '', { ...PLAN, dropQuery: ['key'] }), '/a')
})

t.test('V68: a credential is cut out of the query', async (t) => {
  const plan = { ...PLAN, dropQuery: ['key'] }
  t.equal(upstreamTarget('', '/a', '?b=1&key=secret&c=%20', plan), '/a?b=1&c=%20')
  t.equal(upstreamTarget('', '/a', '?key=secret', plan), '/a')
  t.equal(upstreamTarget('', '/a', '?k%65y=secret&key', plan), '/a')
})
