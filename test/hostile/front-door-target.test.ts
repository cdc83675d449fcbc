import t from 'tap'
import { KEY } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { sent } from '../support/raw-upstream.ts'
import { assertHonestOnly, assertProblem, assertRefused, forwarded, quiet, startDoor } from './front-door.ts'

const door = await startDoor(t)

function request(line: string, ...fields: string[]): string {
  return `${line}\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

function get(target: string, ...fields: string[]): string {
  return request(`GET ${target} HTTP/1.1`, ...fields)
}

const REFUSED_PATHS: readonly (readonly [id: string, targets: readonly string[]])[] = [
  [
    'V34',
    ['//admin', '/public/../admin', '/public/%2e%2e/admin', '/./admin', '/public/.%2E/admin', '/public//x'],
  ],
  ['V35', ['/public\\..\\admin', '/public%5c..%5cadmin', '/public/x\\y']],
  [
    'V36',
    ['/public%2f..%2fadmin', '/packages/x%2f..%2fadmin', '/packages/..%2fadmin', '/packages/%2e%2e%2fadmin'],
  ],
  ['V37', ['/admin;x=1', '/admin/..;/x', '/;/admin', '/admin%3bx=1', '/public/a;b/c']],
  [
    'V44',
    [
      '/public/a%00b',
      '/public/%c0%af',
      '/public/%zz',
      '/public/%',
      '/public/%4',
      '/public/%ff',
      '/public/%7f',
    ],
  ],
]

for (const [id, targets] of REFUSED_PATHS) {
  for (const target of targets) {
    t.test(`${id} ${target}`, async (t) => {
      await assertRefused(t, door, get(target), { code: 'path_refused' })
    })
  }
}

for (const target of ['/public/\xe9', '/public/a\tb', '/public/\x01']) {
  t.test(`V44 raw ${JSON.stringify(target)}`, async (t) => {
    await quiet(door)
    const client = door.app.client()
    const reply = await client.send(get(target)).reply()
    await client.closed()
    t.equal(reply.status, 400)
    const code = door.app.records[0]?.code ?? 'internal'
    t.ok(['path_refused', 'request_malformed'].includes(code), code)
    assertProblem(t, reply, code)
    await assertHonestOnly(t, door, code)
  })
}

t.test('V36 an encoded slash on a route that does not allow it', async (t) => {
  await assertRefused(t, door, get('/admin/x%2fusers', `X-Api-Key: ${KEY}`), {
    code: 'path_refused',
    closes: false,
  })
})

t.test('V36 an encoded slash does not dodge the protected route', async (t) => {
  await assertRefused(t, door, get('/admin%2fusers'), { code: 'no_route', closes: false })
})

t.test('V36 an encoded slash where the route allows it arrives as sent', async (t) => {
  const reply = await forwarded(door, get('/packages/@scope%2fname'))
  t.equal(reply.status, 200)
  t.equal(door.upstream.requests[0]?.target, '/packages/@scope%2Fname')
})

for (const target of ['/%61dmin', '/%61dmin/x', '/admin/%78', '/%61%64%6d%69%6e/x']) {
  t.test(`V38 ${target} is protected`, async (t) => {
    await assertRefused(t, door, get(target), { code: 'key_missing', closes: false })
  })
}

for (const target of ['/ADMIN', '/admin.', '/Admin/x', '/aDmin']) {
  t.test(`V38 ${target} is no route`, async (t) => {
    await assertRefused(t, door, get(target), { code: 'no_route', closes: false })
  })
}

t.test('V38 what was decoded for the decision is what is sent', async (t) => {
  await forwarded(door, get('/%61dmin/%78', `X-Api-Key: ${KEY}`))
  t.equal(door.upstream.requests[0]?.target, '/admin/x')
})

t.test('V39 a double escape is decoded once only', async (t) => {
  await assertRefused(t, door, get('/%252e%252e/admin'), { code: 'no_route', closes: false })
  await forwarded(door, get('/public/%252e%252e/admin'))
  t.equal(door.upstream.requests[0]?.target, '/public/%252e%252e/admin')
})

for (const target of [
  'http://evil/admin',
  'https://b/admin',
  'http://u@a/admin',
  'http:///admin',
  'ftp://a/x',
  'http://a:80/x',
]) {
  t.test(`V40 ${target}`, async (t) => {
    await assertRefused(t, door, get(target), { code: 'target_refused' })
  })
}

t.test('V40 an absolute target of the same host is judged and sent as a path', async (t) => {
  await assertRefused(t, door, get('http://a/admin/x'), { code: 'key_missing', closes: false })
  await forwarded(door, get('HTTP://A/public/x?y'))
  t.equal(door.upstream.requests[0]?.target, '/public/x?y')
  t.equal(sent(door.upstream.requests[0], 'host'), 'a')
})

t.test('V40 an absolute target cannot hide a dot segment', async (t) => {
  await assertRefused(t, door, get('http://a/public/../admin'), { code: 'path_refused' })
})

for (const target of ['*', 'admin', '?x', 'a:80']) {
  t.test(`V41 GET ${target}`, async (t) => {
    await quiet(door)
    const client = door.app.client()
    const reply = await client.send(get(target)).reply()
    await client.closed()
    const code = door.app.records[0]?.code ?? 'internal'
    t.ok(['target_refused', 'request_malformed'].includes(code), code)
    assertProblem(t, reply, code)
    await assertHonestOnly(t, door, code)
  })
}

t.test('V41 OPTIONS */x', async (t) => {
  await assertRefused(t, door, request('OPTIONS */x HTTP/1.1'), { code: 'target_refused' })
})

t.test('V41 OPTIONS * is answered here', async (t) => {
  const reply = await forwarded(door, request('OPTIONS * HTTP/1.1'))
  t.equal(reply.status, 204)
  t.match(got(reply, 'allow'), /GET/)
  t.equal(door.upstream.log, '')
  t.equal(door.app.records.length, 1)
})

t.test('V41 CONNECT opens no tunnel', async (t) => {
  const reply = await assertRefused(t, door, request('CONNECT a:80 HTTP/1.1'), { code: 'method_unsupported' })
  t.match(got(reply, 'allow'), /GET/)
})

t.test('V41 CONNECT with bytes for the tunnel behind it', async (t) => {
  const bytes = `${request('CONNECT a:80 HTTP/1.1')}GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`
  await assertRefused(t, door, bytes, { code: 'method_unsupported' })
})

for (const target of ['/public/x#/../admin', '/public/x?a#b']) {
  t.test(`V42 ${target}`, async (t) => {
    await assertRefused(t, door, get(target), { code: 'target_refused' })
  })
}

for (const target of ['/admin/x?p=/public/y', '/admin?/public/', '/admin/x?http://a/public/x']) {
  t.test(`V43 ${target}: the query does not match routes`, async (t) => {
    await assertRefused(t, door, get(target), { code: 'key_missing', closes: false })
  })
}
