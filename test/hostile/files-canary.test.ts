import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { basicFor, hashOf, leaksIn, secretFor } from './canary.ts'

const ENV = '$\u007benv:UPSTREAM_SECRET}'
const FILE = '$\u007bfile:./secret.txt}'

/** An API whose replies, good and bad, hold secrets of its own. */
async function startLeakyApi(): Promise<{ origin: string; seen: () => string }> {
  let seen = ''
  const answers: readonly (readonly [string, string])[] = [
    ['/bad-status', `HTTP/1.1 999 ${secretFor('reply-reason')}\r\ncontent-length: 0\r\n\r\n`],
    ['/bad-field', `HTTP/1.1 200 OK\r\n${secretFor('reply-field')}\r\n\r\n`],
    ['/bad-length', `HTTP/1.1 200 OK\r\ncontent-length: ${secretFor('reply-length')}\r\n\r\n`],
    ['/garbage', `${secretFor('reply-garbage')}\r\n\r\n`],
    ['/cut', `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${secretFor('reply-body')}`],
  ]
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      seen += text
      const bad = answers.find(([path]) => text.includes(` ${path} `))
      // A reply would end the request before its client leaves.
      if (text.includes(' /half ')) return
      if (bad !== undefined) socket.end(bad[1])
      else
        socket.write(
          `HTTP/1.1 200 OK\r\nset-cookie: id=${secretFor('set-cookie')}\r\nx-api: ${secretFor('reply-value')}\r\ncontent-length: 0\r\n\r\n`,
        )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen: () => seen }
}

const api = await startLeakyApi()

const policy = (more = '') => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
admin: { listen: 127.0.0.1:0, token: "$\u007benv:ADMIN_TOKEN}" }
drain: { delay: 0s, grace: 1s }
audit: { sinks: [{ type: stdout }, { type: file, path: ./audit.jsonl }] }
upstreams: { api: { url: "${api.origin}", circuit: off, retry: off } }
authenticators:
  everywhere: { type: api_key, in: ["header:x-api-key", bearer, basic, "query:api_key"] }
keys: [{ id: known, hash: "${hashOf('known-key')}" }]
key_files: [./keys.jsonl]
defaults: { upstream: api, auth: none }
routes:
  - id: open
    match: { path: /* }
    headers: { request: { set: { x-env: "${ENV}", x-file: "${FILE}" } } }
  - { id: keyed, match: { path: /keyed }, auth: everywhere, allow: { scopes: [never] } }
  - { id: passed, match: { path: /passed }, auth: everywhere }
  - { id: judged, match: { path: /judged }, validate: { body: ./schema.json, query: { allowed: [page] } } }
  - { id: capped, match: { path: /capped }, validate: { max_body: 1KB } }
${more}`

const schema = JSON.stringify({
  type: 'object',
  required: ['a'],
  properties: { a: { type: 'number' }, b: { enum: ['x'] }, c: { pattern: '^y$' } },
})

const sallyport: Sallyport = await startSallyport(t, policy(), {
  env: {
    UPSTREAM_SECRET: secretFor('env'),
    ADMIN_TOKEN: secretFor('admin-token'),
    UNUSED_SECRET: secretFor('unused-env'),
  },
  files: {
    'secret.txt': secretFor('file'),
    'schema.json': schema,
    'keys.jsonl': `{ "id": "filed", "hash": "${hashOf('filed-key')}" }\n`,
  },
})

/** Every header that could carry a secret, marked with where it was sent. */
function fields(where: string, more: readonly string[] = []): string {
  return [
    'Host: a',
    `Cookie: session=${secretFor(`cookie-${where}`)}`,
    `User-Agent: ${secretFor(`agent-${where}`)}`,
    `Referer: https://x/?t=${secretFor(`referer-${where}`)}`,
    `Proxy-Authorization: Basic ${basicFor(`proxy-${where}`)}`,
    `X-Token: ${secretFor(`header-${where}`)}`,
    ...more,
  ].join('\r\n')
}

function get(target: string, more: readonly string[] = []): string {
  return `GET ${target} HTTP/1.1\r\n${fields(target.slice(1, 6), more)}\r\n\r\n`
}

function post(target: string, body: string, more: readonly string[] = []): string {
  const length = `Content-Length: ${body.length}`
  const type = 'Content-Type: application/json'
  return `POST ${target} HTTP/1.1\r\n${fields(target.slice(1, 6), [length, type, ...more])}\r\n\r\n${body}`
}

const value = JSON.stringify(secretFor('body'))

/** Each with the status it gets; every one of them holds secrets. */
const REQUESTS: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['forwarded', get(`/x?token=${secretFor('query')}`), 200],
  ['a known key', get('/passed', [`X-Api-Key: ${secretFor('known-key')}`]), 200],
  ['a key of a file', get('/passed', [`Authorization: Bearer ${secretFor('filed-key')}`]), 200],
  ['a key as password', get('/passed', [`Authorization: Basic ${basicFor('known-key')}`]), 200],
  ['a key in the query', get(`/passed?api_key=${secretFor('known-key')}&a=1`), 200],
  ['a known key without the scope', get('/keyed', [`X-Api-Key: ${secretFor('known-key')}`]), 403],
  ['an unknown key', get('/passed', [`X-Api-Key: ${secretFor('unknown-key')}`]), 401],
  ['a key with a wrong checksum', get('/passed', [`X-Api-Key: sp_live_${secretFor('checksum')}`]), 401],
  ['an unknown bearer', get('/passed', [`Authorization: Bearer ${secretFor('bearer')}`]), 401],
  ['an unknown password', get('/passed', [`Authorization: Basic ${basicFor('basic')}`]), 401],
  ['a token', get('/passed', [`Authorization: Bearer ${secretFor('a')}.${secretFor('b')}.c`]), 401],
  ['another scheme', get('/passed', [`Authorization: Digest ${secretFor('digest')}`]), 401],
  ['an unknown key in the query', get(`/passed?api_key=${secretFor('query-key')}`), 401],
  [
    'two keys',
    get('/passed', [`X-Api-Key: ${secretFor('k1')}`, `Authorization: Bearer ${secretFor('k2')}`]),
    400,
  ],
  [
    'Authorization twice',
    get('/x', [`Authorization: ${secretFor('a1')}`, `Authorization: ${secretFor('a2')}`]),
    400,
  ],
  ['a refused query', post(`/judged?secret=${secretFor('query-refused')}`, '{}'), 400],
  ['a body of the wrong type', post('/judged', `{"a":${value},"b":${value},"c":${value}}`), 422],
  ['a body that is no JSON', post('/judged', `{"a":${value}`), 422],
  ['a body that is too large', post('/capped', secretFor('large').repeat(100)), 413],
  ['a bad path', get(`/x\\?token=${secretFor('bad-path')}`), 400],
  ['an unknown method', get('/x').replace('GET', 'PROPFIND'), 404],
  ['a header without a colon', `GET /x HTTP/1.1\r\nHost: a\r\n${secretFor('no-colon')}\r\n\r\n`, 400],
  ['a control character', get('/x', [`X-Bad: ${secretFor('control')}\u0001`]), 400],
  ['a bad length', get('/x', [`Content-Length: ${secretFor('length')}`]), 400],
  ['a bad version', `GET /x?t=${secretFor('version')} HTTP/9.9\r\nHost: a\r\n\r\n`, 400],
  ['a header that is too large', get('/x', [`X-Large: ${secretFor('big').repeat(1000)}`]), 431],
  [
    'a bad chunk',
    `POST /x HTTP/1.1\r\n${fields('chunk', ['Transfer-Encoding: chunked'])}\r\n\r\n5;${secretFor('ext')}\r\nzzzzzzzz`,
    400,
  ],
  ['a reply with a bad status', get('/bad-status'), 502],
  ['a reply with a bad field', get('/bad-field'), 502],
  ['a reply with a bad length', get('/bad-length'), 502],
  ['a reply that is no HTTP', get('/garbage'), 502],
  ['no HTTP at all', `${secretFor('not-http')}\r\n\r\n`, 400],
]

for (const [what, bytes, status] of REQUESTS) {
  t.test(`V102 ${what}: no secret in the reply`, async (t) => {
    const client = sallyport.client().send(bytes)
    const reply = await client.reply()
    client.leave()
    const wanted = status === 400 || status === 422 ? [400, 405, 422, 501, 505] : [status]
    t.ok(wanted.includes(reply.status), `${reply.status}, wanted ${wanted}`)
    // What the API sends is the client's to have; what we say ourselves holds nothing.
    if (reply.status !== 200) t.strictSame(leaksIn(client.received), [])
  })
}

t.test('V102 a cut reply and a client that leaves: told of without a secret', async () => {
  const cut = sallyport.client().send(get('/cut'))
  await cut.closed()
  const left = sallyport.client().send(post('/half', secretFor('half')).slice(0, -5))
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count > 0)
  left.leave()
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
})

t.test('V102 broken policies are told of without the secrets they refer to', async (t) => {
  const wrongPlaces = [
    `server: { max_headers: "${ENV}" }`,
    `trust: ["${FILE}"]`,
    `server: { timeout: { idle: "${FILE}" } }`,
    `limits: { a: { by: ip, rate: "${ENV}" } }`,
  ]
  for (const [i, line] of wrongPlaces.entries()) {
    sallyport.write(policy(line))
    await sallyport.logged('reload refused', i + 1)
    t.strictSame(leaksIn(await sallyport.ops('/health')), [])
  }
  await sallyport.reload(policy('# good'))
})

t.test('V102 the admin API tells no secret, with the token and without', async (t) => {
  const port = /"admin":"127\.0\.0\.1:(\d+)"/.exec(sallyport.stderr)?.[1]
  const token = secretFor('admin-token')
  for (const path of [
    '/policy',
    '/policy/text',
    '/health',
    '/circuits',
    '/openapi.json',
    `/none?t=${secretFor('n')}`,
  ]) {
    for (const authorization of [
      `Bearer ${token}`,
      `Bearer ${secretFor('wrong-token')}`,
      `Basic ${basicFor('b')}`,
    ]) {
      const reply = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })
      const text = `${JSON.stringify([...reply.headers])}${await reply.text()}`
      t.strictSame(leaksIn(text), [], path)
    }
  }
})

const FAKE_LINES: readonly (readonly [string, string])[] = [
  ['a line feed and JSON', `x\n{"level":"error","msg":"forged"}`],
  ['a carriage return', `x\r{"type":"request","forged":true}`],
  ['ANSI', 'x\u001b[2J\u001b]0;forged\u0007'],
  ['C1 and separators', 'x\u009b2J\u0085'],
]

for (const [what, agent] of FAKE_LINES) {
  t.test(`V102 a User-Agent with ${what} writes no line of its own`, async () => {
    const client = sallyport.client().send(`GET /x HTTP/1.1\r\nHost: a\r\nUser-Agent: ${agent}\r\n\r\n`)
    await client.reply()
    client.leave()
  })
}

t.test('V102 a path of line feeds and ANSI writes one line of JSON', async () => {
  for (const path of ['/x%0a%7B%22level%22:1%7D', '/x%1b%5b2J', '/%e2%80%a8x', '/x%c2%9b2J']) {
    const client = sallyport.client().send(get(path))
    await client.reply()
    client.leave()
  }
})

t.test('V102 no secret is in any output of the process, and each line of it is JSON', async (t) => {
  const outputs = { metrics: await sallyport.ops('/metrics'), health: await sallyport.ops('/health') }
  await sallyport.stop('SIGTERM')
  const written = { stdout: sallyport.stdout, stderr: sallyport.stderr, audit: sallyport.read('audit.jsonl') }
  for (const [name, text] of Object.entries({ ...outputs, ...written })) {
    t.ok(text.length > 0, `${name} was looked at`)
    t.strictSame(leaksIn(text), [], name)
  }
  for (const [name, text] of Object.entries(written)) {
    for (const line of text.split('\n').slice(0, -1)) {
      const { forged, msg } = JSON.parse(line)
      t.notOk(forged === true || msg === 'forged', name)
      t.notMatch(line, /[^ -~]/, 'printable ASCII')
    }
  }
  t.ok(sallyport.audit.length > REQUESTS.length)
})

t.test('V102 the search finds what it looks for', async (t) => {
  t.match(api.seen(), secretFor('env'), 'the secrets were in use')
  t.match(api.seen(), secretFor('file'))
  t.notMatch(api.seen(), secretFor('known-key'), 'but no credential went to the API')
  for (const text of [
    secretFor('x'),
    encodeURIComponent(secretFor('x')).toUpperCase(),
    ...['', 'a', 'ab'].map((before) => Buffer.from(before + secretFor('x')).toString('base64')),
    Buffer.from(secretFor('x')).toString('hex'),
  ])
    t.ok(leaksIn(`before ${text} after`).length > 0, text)
})
