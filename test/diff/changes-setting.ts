import { type Row, row } from './row.ts'
import type { Draft } from './scene.ts'

const tls = (draft: Draft): Draft => draft.upstreams.tls
const TOKEN = 'canary-of-enough-length'
const withRedis = (p: Draft): void => {
  p.redis = { url: 'redis://redis:6379', replicas: 3 }
}

const UPSTREAMS: readonly Row[] = [
  row(
    'another place',
    (p) => (p.upstreams.api.url = 'http://127.0.0.1:3001'),
    'upstream-url-changed',
    'upstream-url-changed',
  ),
  row(
    'without encryption',
    (p) => (tls(p).url = 'http://tls.example.com'),
    'upstream-plain upstream-url-changed',
    'upstream-encrypted upstream-url-changed',
  ),
  row(
    'any certificate',
    (p) => (tls(p).tls = { verify: false }),
    'upstream-verify-off',
    'upstream-verify-on',
  ),
  row(
    'the usual certificates',
    (p) => delete tls(p).tls,
    'upstream-ca-gone',
    'upstream-ca-added',
    (p) => (tls(p).tls = { ca: 'ca.pem' }),
  ),
  row(
    'another certificate',
    (p) => (tls(p).tls = { ca: 'other.pem' }),
    'upstream-certificate-changed',
    'upstream-certificate-changed',
    (p) => (tls(p).tls = { ca: 'ca.pem' }),
  ),
  row(
    'another name',
    (p) => (tls(p).tls = { server_name: 'other' }),
    'upstream-certificate-changed',
    'upstream-certificate-changed',
  ),
  row(
    'its own host',
    (p) => (tls(p).preserve_host = false),
    'upstream-host-changed',
    'upstream-host-changed',
  ),
  row(
    'other timeouts',
    (p) => (tls(p).timeout = { response: '1m' }),
    'upstream-timeout-changed',
    'upstream-timeout-changed',
  ),
  row(
    'another circuit',
    (p) => (tls(p).circuit = 'off'),
    'upstream-circuit-changed',
    'upstream-circuit-changed',
  ),
  row('other retries', (p) => (tls(p).retry = 'off'), 'upstream-retry-changed', 'upstream-retry-changed'),
]

const TARGETS: readonly Row[] = [
  row(
    'one place less',
    (p) => (p.upstreams.api.targets = ['http://127.0.0.1:3000']),
    'upstream-url-gone',
    'upstream-url-changed',
    (p) => (p.upstreams.api = { targets: ['http://127.0.0.1:3000', 'http://127.0.0.1:3001'] }),
  ),
]

const LISTENERS: readonly Row[] = [
  row(
    'heard everywhere',
    (p) => (p.listen = '0.0.0.0:8080'),
    'listen-wider',
    'listen-narrower',
    (p) => (p.listen = '127.0.0.1:8080'),
  ),
  row('another port', (p) => (p.ops = '0.0.0.0:9999'), 'listen-changed', 'listen-changed'),
  row(
    'an admin listener',
    (p) => (p.admin = { listen: '127.0.0.1:9902', token: TOKEN }),
    'admin-added',
    'admin-gone',
  ),
  row(
    'admin heard by others',
    (p) => (p.admin.listen = '10.0.0.1:9902'),
    'listen-wider',
    'listen-narrower',
    (p) => (p.admin = { listen: '127.0.0.1:9902', token: TOKEN }),
  ),
  row(
    'one more host',
    (p) => p.hosts.push('b.example.com'),
    'hosts-wider',
    'hosts-narrower',
    (p) => (p.hosts = ['a.example.com']),
  ),
  row(
    'every host',
    (p) => delete p.hosts,
    'hosts-wider',
    'hosts-narrower',
    (p) => (p.hosts = ['a.example.com']),
  ),
  row('more proxies', (p) => (p.trust = ['10.0.0.0/8']), 'trust-wider', 'client-hidden trust-narrower'),
  row(
    'more headers',
    (p) => (p.server = { max_headers: 200 }),
    'server-bound-raised',
    'server-bound-lowered',
  ),
  row(
    'an endless request',
    (p) => (p.server = { timeout: { request: 0 } }),
    'server-bound-raised',
    'server-bound-lowered',
  ),
  row(
    'no bound on memory',
    (p) => (p.server = { max_memory: 'off' }),
    'server-bound-raised',
    'server-bound-lowered',
  ),
]

const REST: readonly Row[] = [
  row('no audit', (p) => (p.audit = { sinks: [] }), 'audit-off', 'audit-on'),
  row(
    'another audit file',
    (p) => (p.audit = { sinks: [{ type: 'file', path: 'a' }] }),
    'audit-changed',
    'audit-changed',
  ),
  row('a store', (p) => (p.store = 'sqlite:a.db'), 'store-added', 'store-gone'),
  row(
    'another store',
    (p) => (p.store = 'sqlite:b.db'),
    'store-changed',
    'store-changed',
    (p) => (p.store = 'sqlite:a.db'),
  ),
  row('shared limits', withRedis, 'redis-added', 'redis-gone'),
  row(
    'another Redis',
    (p) => (p.redis.url = 'redis://other:6379'),
    'redis-changed',
    'redis-changed',
    withRedis,
  ),
  row(
    'Redis in plain text',
    (p) => (p.redis.url = 'redis://redis:6379'),
    'redis-plain',
    'redis-encrypted',
    (p) => (p.redis = { url: 'rediss://redis:6379' }),
  ),
  row(
    'the usual certificates for Redis',
    (p) => delete p.redis.tls.ca,
    'redis-ca-gone',
    'redis-ca-added',
    (p) => (p.redis = { url: 'rediss://redis:6379', tls: { ca: 'ca.pem' } }),
  ),
  row(
    'other certificates for Redis',
    (p) => (p.redis.tls.ca = 'other.pem'),
    'redis-changed',
    'redis-changed',
    (p) => (p.redis = { url: 'rediss://redis:6379', tls: { ca: 'ca.pem' } }),
  ),
  row(
    'fewer gateways',
    (p) => (p.redis.replicas = 2),
    'redis-share-larger',
    'redis-share-smaller',
    withRedis,
  ),
  row('a longer end', (p) => (p.drain = { grace: '1m' }), 'drain-changed', 'drain-changed'),
  row(
    'other identity fields',
    (p) => (p.identity = { subject: 'x-user' }),
    'identity-changed',
    'client-field-passes identity-changed',
  ),
  row(
    'identity fields that mean something else',
    (p) => (p.identity = { subject: 'x-org', org: 'x-user' }),
    'identity-changed identity-swapped',
    'identity-changed identity-swapped',
    (p) => (p.identity = { subject: 'x-user', org: 'x-org' }),
  ),
  row('tests at a reload', (p) => (p.tests = { file: './a.test.yaml' }), 'tests-added', 'tests-gone'),
  row(
    'tests that a reload need not pass',
    (p) => (p.tests.on_reload = false),
    'tests-gone',
    'tests-added',
    (p) => (p.tests = { file: './a.test.yaml' }),
  ),
  row(
    'other tests',
    (p) => (p.tests = { file: './b.test.yaml' }),
    'tests-gone',
    'tests-gone',
    (p) => (p.tests = { file: './a.test.yaml' }),
  ),
  row(
    'security headers of refusals',
    (p) => (p.defaults.guard = { frame_options: 'off' }),
    'guard-header-off',
    'guard-header-on',
  ),
]

export const SETTING_ROWS: readonly Row[] = [...UPSTREAMS, ...TARGETS, ...LISTENERS, ...REST]
