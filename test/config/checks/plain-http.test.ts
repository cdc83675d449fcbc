import t from 'tap'
import { isLocalHost } from '../../../src/config/checks/local-host.ts'
import { checked, found, policyOf } from './checking.ts'

const upstream = (url: string, more = '') =>
  policyOf(
    `upstreams:\n  api: { ${url} }`,
    `defaults: { upstream: api, auth: key }`,
    `routes: [{ id: a, match: { path: /a, methods: [GET] }${more} }]`,
  )

t.test('credentials over plain HTTP to a distant upstream are told, with what is sent', async (t) => {
  const FAR = 'url: http://api.example.com'
  const said = (more: string) => checked(upstream(FAR, more)).problems[0]?.message
  t.strictSame(found(upstream(FAR)), ['3 credential-over-http'])
  t.match(said(''), '`api` gets the identities of `a` over plain HTTP to `api.example.com`')
  t.match(said(', forward_credential: true'), '`api` gets the credentials of `a`; the identities of `a` over')
  t.match(
    said(', auth: none, headers: { request: { set: { authorization: "Basic YTpi" } } }'),
    'the secrets in',
  )
  t.match(said(', auth: none, headers: { request: { set: { x-legacy-token: t } } }'), 'the secrets in')
  t.equal(said(', auth: none'), undefined)
  t.equal(said(', auth: none, forward_credential: true'), undefined)
  t.equal(said(', auth: none, headers: { request: { set: { x-debug: "1" } } }'), undefined)
})

t.test('whatever comes from a reference is a secret, however the field is called', async (t) => {
  const text = upstream(
    'url: http://api.example.com',
    ', auth: none, headers: { request: { set: { X-Who: "${env:LEGACY}" } } }',
  )
  t.match(
    checked(text, { env: { LEGACY: 'a-long-secret' } }).problems[0]?.message,
    'the secrets in `headers.request.set`',
  )
})

t.test('identities that are all turned off are not sent', async (t) => {
  const off = ['subject', 'org', 'scopes', 'roles', 'key_id', 'auth'].map((name) => `${name}: off`)
  const text = `${upstream('url: http://api.example.com')}\nidentity: { ${off.join(', ')} }\n`
  t.strictSame(found(text), [])
})

t.test('https and local upstreams are not told, each target is by itself', async (t) => {
  t.strictSame(found(upstream('url: https://api.example.com')), [])
  t.strictSame(found(upstream('url: http://legacy:3000')), [])
  t.strictSame(found(upstream('targets: [http://10.0.0.1, http://a.example.com, http://203.0.113.9:81]')), [
    '3 credential-over-http',
    '3 credential-over-http',
  ])
})

t.test('local is what no public network reaches', async (t) => {
  const local = [
    'localhost',
    'legacy',
    '127.8.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.1',
  ]
  const more = [
    '[::1]',
    '[fd00::1]',
    '[fe80::1]',
    'api.localhost',
    'db.internal',
    'nas.local',
    'a.home.arpa',
    'a.b.svc',
    'a.b.svc.cluster.local',
  ]
  for (const host of [...local, ...more]) t.ok(isLocalHost(host), host)
  const far = [
    'api.example.com',
    '172.32.0.1',
    '100.128.0.1',
    '8.8.8.8',
    '[2001:db8::1]',
    'localhost.example.com',
    'xlocal.test',
    '[::ffff:8.8.8.8]',
  ]
  for (const host of far) t.notOk(isLocalHost(host), host)
  t.ok(isLocalHost('[::ffff:10.0.0.1]'))
})
