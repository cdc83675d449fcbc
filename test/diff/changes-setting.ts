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
  row('more proxies', (p) => (p.trust = ['10.0.0.0/8']), 'trust-wider', 'trust-narrower'),
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
    'identity-changed',
  ),
  row(
    'security headers of refusals',
    (p) => (p.defaults.guard = { frame_options: 'off' }),
    'guard-header-off',
    'guard-header-on',
  ),
]

export const SETTING_ROWS: readonly Row[] = [...UPSTREAMS, ...LISTENERS, ...REST]
