import t from 'tap'
import type { Script } from './case.ts'
import type { AuditLine } from './gate-child.ts'
import { type Evidence, judge } from './oracle.ts'
import { judgeForwarded } from './oracle-upstream.ts'
import { type StrictRequest, takeRequest } from './strict-request.ts'

const ID = 'a'.repeat(32)
const SENT = 'GET /public/a?x HTTP/1.1\r\nHost: a\r\n\r\n'
const OURS = `x-request-id: ${ID}
x-forwarded-for: 127.16.0.1
x-forwarded-proto: http
x-forwarded-host: a
forwarded: for=127.16.0.1
traceparent: 00
x-sallyport-auth: anonymous`.replaceAll('\n', '\r\n')

function forwarded(more = '', target = '/public/a?x', ours = OURS): StrictRequest {
  const taken = takeRequest(`GET ${target} HTTP/1.1\r\nhost: a\r\n${ours}\r\n${more}\r\n`)
  if (taken.state !== 'whole') throw new Error(taken.state)
  return taken.message
}

const SCRIPT: Script = { kind: 'requests', asked: 'GET', count: 1, writes: [SENT], ending: 'wait' }
const LINE: AuditLine = {
  type: 'request',
  id: ID,
  client: '127.16.0.1',
  outcome: 'forward',
  code: null,
  why: null,
  status: 200,
  path: '/public/a',
  method: 'GET',
  route: 'public',
  upstream: 'api',
}

function ok(id = ID, echoed = id): string {
  const body = JSON.stringify({ id: echoed })
  return `HTTP/1.1 200 OK\r\nx-request-id: ${id}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

function evidence(received = ok(), more: Partial<Evidence> = {}): Evidence {
  const seen = { received, hasEnded: false, isStuck: false }
  return { script: SCRIPT, sent: SENT, seen, upstream: [forwarded()], audit: [LINE], isHonest: true, ...more }
}

t.test('nothing is found where nothing is wrong', async (t) => t.strictSame(judge(evidence()), []))

const FOUND: Readonly<Record<string, readonly [Evidence, RegExp]>> = {
  'a request that nobody wrote': [evidence(ok(), { upstream: [forwarded(), forwarded()] }), /nobody wrote/],
  'two requests for one': [evidence(ok(), { upstream: [forwarded(), forwarded()] }), /two requests for/],
  'a query that is not as sent': [
    evidence(ok(), { upstream: [forwarded('', '/public/a?y')] }),
    /nobody wrote/,
  ],
  'a path other than the judged': [
    evidence(ok(), { upstream: [forwarded('', '/public/b?x')] }),
    /was judged as/,
  ],
  'forwarded though refused': [
    evidence(ok(), { audit: [{ ...LINE, outcome: 'refuse' }] }),
    /asked after refuse/,
  ],
  'no audit line': [evidence(ok(), { audit: [] }), /0 lines for a reply/],
  'two audit lines': [evidence(ok(), { audit: [LINE, LINE] }), /2 lines for a reply/],
  'an audit line with another status': [evidence(ok(), { audit: [{ ...LINE, status: 502 }] }), /status 502/],
  'an internal error': [evidence(ok(), { audit: [{ ...LINE, code: 'internal' }] }), /internal error/],
  'a reply of another request': [evidence(ok(ID, 'b'.repeat(32))), /given to/],
  'no x-request-id': [evidence('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), /x-request-id \[\]/],
  'a reply that is none': [evidence('hello\r\n\r\n'), /malformed/],
  'a field of the upstream’s connection': [
    evidence(ok().replace('\r\n', '\r\nserver: x\r\n')),
    /server reached/,
  ],
  'an honest request without a reply': [evidence(''), /1 requests, 0 replies/],
  'a client that waits for ever': [
    evidence(ok(), { seen: { received: ok(), hasEnded: false, isStuck: true } }),
    /stuck/,
  ],
}

for (const [name, [given, wanted]] of Object.entries(FOUND)) {
  t.test(`found: ${name}`, async (t) => t.match(judge(given).join('\n'), wanted))
}

const PROBLEM = `HTTP/1.1 500 Internal Server Error\r\nx-request-id: ${ID}\r\ncontent-type: application/problem+json\r\ncontent-length: 0\r\n\r\n`
t.test('found: a 500 of our own', async (t) => {
  t.match(judge(evidence(PROBLEM, { audit: [{ ...LINE, status: 500 }] })).join(), /500 of our own/)
})

t.test('found in what reached the upstream', async (t) => {
  const problems = (more: string, target?: string, ours?: string): string =>
    judgeForwarded(forwarded(more, target, ours)).join('\n')
  t.match(problems('x-sallyport-subject: evil-forged\r\n'), /a client's x-sallyport-subject passed/)
  t.match(problems('x_sallyport_subject: a\r\n'), /x_sallyport_subject passed/)
  t.match(problems('x-request-id: a\r\n'), /x-request-id comes 2 times/)
  t.match(problems('proxy: a\r\n'), /proxy passed/)
  t.match(problems('upgrade: h2c\r\n'), /upgrade passed/)
  t.match(problems('x-api-key: a\r\n'), /x-api-key passed/)
  t.match(problems('x-sallyport-key-id: victim\r\n'), /anonymous as victim/)
  t.match(problems('', '/admin/a'), /without a key/)
  t.match(problems('', '/victim', OURS.replace('anonymous', 'key')), /identity/)
  for (const path of ['//a', '/a/../b', '/a/%2e%2e/b', '/%61', '/a;b', '/a\\b', '/a%2fb', '/a/.']) {
    t.match(problems('', path), /not canonical/, path)
  }
  t.match(problems('', '/public/a%2Fb'), /%2F in/)
  t.equal(problems('', '/packages/a%2Fb?x=//..'), '')
})

const CUT = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'

function scripted(writes: readonly string[], received: string, more: Partial<Script> = {}): Evidence {
  const script: Script = { ...SCRIPT, kind: 'reply', writes, ...more }
  return evidence(received, { script, isHonest: false })
}

const whole = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`
const got = (body: string): string => whole(body, `x-request-id: ${ID}\r\n`)

t.test('found in replies of a hostile upstream', async (t) => {
  t.match(judge(scripted([CUT], got('hello'))).join(), /looks whole/)
  t.match(judge(scripted([whole('hello')], got('other'))).join(), /another body/)
  t.match(
    judge(
      scripted([whole('a', 'Connection: X-Int\r\n')], whole('a', `x-request-id: ${ID}\r\nX-Int: a\r\n`)),
    ).join(),
    /hop-by-hop/,
  )
  t.match(judge(scripted(['HTTP/1.1 200 OK\r\n\r\na'], got('a'), { ending: 'reset' })).join(), /looks whole/)
  t.match(judge(scripted([CUT], '')).join(), /nobody was told/)
  t.strictSame(judge(scripted([whole('hello')], got('hello'))), [])
  t.strictSame(judge(scripted(['HTTP/1.1 200 OK\r\n\r\na'], got('a'), { ending: 'end' })), [])
})
