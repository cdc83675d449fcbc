import { type Row, row } from './row.ts'
import { type Draft, hashOf } from './scene.ts'

const limit = (draft: Draft, name: string): Draft => draft.limits[name]
const key = (draft: Draft, index: number): Draft => draft.keys[index]
const withRedis = (p: Draft): void => {
  p.redis = 'redis://redis:6379'
}

const LIMITS: readonly Row[] = [
  row('a higher rate', (p) => (limit(p, 'key').rate = '90/minute'), 'limit-looser', 'limit-tighter'),
  row(
    'a longer window with as many',
    (p) => (limit(p, 'address').rate = '100/hour'),
    'limit-tighter',
    'limit-looser',
  ),
  row(
    'the same share of a longer window',
    (p) => (limit(p, 'address').rate = '6000/hour'),
    'limit-looser',
    'limit-tighter',
  ),
  row('a burst less', (p) => delete limit(p, 'key').burst, 'limit-looser', 'limit-tighter'),
  row('a higher quota', (p) => (limit(p, 'plan').quota = '20000/month'), 'limit-looser', 'limit-tighter'),
  row('a quota by day', (p) => (limit(p, 'plan').quota = '100/day'), 'limit-tighter', 'limit-looser'),
  row(
    'neither of two is stricter',
    (p) => (limit(p, 'address').rate = '10/second'),
    'limit-looser limit-tighter',
    'limit-looser limit-tighter',
  ),
  row('counted by more', (p) => (limit(p, 'plan').by = 'key'), 'limit-by-finer', 'limit-by-coarser'),
  row(
    'counted apart by route',
    (p) => (limit(p, 'plan').by = ['org', 'route']),
    'limit-by-finer',
    'limit-by-coarser',
  ),
  row(
    'counted by something else',
    (p) => (limit(p, 'plan').by = 'ip'),
    'limit-by-finer limit-by-coarser',
    'limit-by-finer limit-by-coarser',
  ),
  row(
    'no cooldown',
    (p) => delete limit(p, 'shut').cooldown,
    'limit-cooldown-looser',
    'limit-cooldown-tighter',
  ),
  row(
    'a shorter cooldown',
    (p) => (limit(p, 'shut').cooldown.for = '1m'),
    'limit-cooldown-looser',
    'limit-cooldown-tighter',
  ),
  row(
    'more at once',
    (p) => (limit(p, 'places').concurrent = 8),
    'limit-concurrent-looser',
    'limit-concurrent-tighter',
  ),
  row(
    'other warnings',
    (p) => (limit(p, 'plan').warn_at = ['90%']),
    'limit-warnings-changed',
    'limit-warnings-changed',
  ),
  row(
    'freer without the store',
    (p) => (limit(p, 'key').on_store_error = 'allow'),
    'limit-store-error-looser',
    'limit-store-error-tighter',
    withRedis,
  ),
  row(
    'leased',
    (p) => (limit(p, 'address').accuracy = 'leased'),
    'limit-accuracy-looser',
    'limit-accuracy-tighter',
    withRedis,
  ),
]

const KEYS: readonly Row[] = [
  row('a key', (p) => p.keys.push({ id: 'new', hash: hashOf(9) }), 'key-added', 'key-gone'),
  row(
    'a key that is revoked',
    (p) => p.keys.push({ id: 'new', hash: hashOf(9), revoked: true }),
    'key-spare-added',
    'key-spare-gone',
  ),
  row('another secret', (p) => (key(p, 0).hash = hashOf(9)), 'key-replaced', 'key-replaced'),
  row('revoked', (p) => (key(p, 0).revoked = true), 'key-revoked', 'key-unrevoked'),
  row('a later end', (p) => (key(p, 1).expires = '2028-01-01'), 'key-expires-later', 'key-expires-earlier'),
  row('no end', (p) => delete key(p, 1).expires, 'key-expires-later', 'key-expires-earlier'),
  row('one more scope', (p) => key(p, 0).scopes.push('write'), 'key-scopes-added', 'key-scopes-gone'),
  row('one more role', (p) => key(p, 0).roles.push('boss'), 'key-roles-added', 'key-roles-gone'),
  row('one more route', (p) => key(p, 1).routes.push('secure'), 'key-routes-wider', 'key-routes-narrower'),
  row('every route', (p) => delete key(p, 1).routes, 'key-routes-wider', 'key-routes-narrower'),
  row('an org that is let in', (p) => (key(p, 1).org = 'acme'), 'key-org-wider', 'key-org-changed'),
  row(
    'another subject',
    (p) => (key(p, 0).subject = 'somebody'),
    'key-subject-changed',
    'key-subject-changed',
  ),
  row('no limits', (p) => (key(p, 2).limits = []), 'key-limits-looser', 'key-limits-tighter'),
  row(
    'limits of its own that are lower',
    (p) => (key(p, 0).limits = ['low']),
    'key-limits-tighter',
    'key-limits-looser',
    (p) => {
      p.limits = { ...p.limits, low: { by: 'key', rate: '1/minute', concurrent: 1 } }
      p.keys.push({ id: 'low', hash: hashOf(8), limits: ['low'] })
    },
  ),
  row(
    'the routes of a key under their new names',
    (p) => {
      p.routes[1].id = 'sales'
      key(p, 1).routes = ['sales']
    },
    'quota-anew route-renamed',
    'quota-anew route-renamed',
  ),
]

const AUTHENTICATORS: readonly Row[] = [
  row(
    'one more place for a key',
    (p) => p.authenticators.key.in.push('query:key'),
    'authenticator-place-added',
    'authenticator-place-gone client-field-passes',
    (p) => (p.authenticators = { key: { type: 'api_key', in: ['header:x-api-key'] } }),
  ),
]

export const NAMED_ROWS: readonly Row[] = [...LIMITS, ...KEYS, ...AUTHENTICATORS]
