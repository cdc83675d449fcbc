import { opening, testClosing, testOpenings, withLimits } from './openings.ts'
import { type Draft, hashOf } from './scene.ts'

const TWO = { by: 'key', rate: '2/minute' }
const STRICT = { strict: TWO, loose: { by: 'key', rate: '60/minute' } }
const SHUT = { ...TWO, cooldown: { after: 2, within: '1m', for: '1h' } }
const ownLimits = (limits: string[], more: Draft = {}) => ({
  keys: [{ id: 'k1', hash: hashOf(1), limits, ...more }],
})
testOpenings([
  opening(
    'a key goes by the limits of routes again, of which one is looser',
    'key-limits-looser',
    withLimits(STRICT, ['loose'], ['strict'], ownLimits(['strict'])),
    (p) => delete p.keys[0].limits,
  ),
  opening(
    'a key goes by the limits of routes again, and has a count on each of them',
    'key-limits-looser',
    withLimits({ mine: TWO, one: TWO, two: TWO }, ['one'], ['two'], ownLimits(['mine'])),
    (p) => delete p.keys[0].limits,
  ),
  opening(
    'a key goes by a limit of its own that it shared with others',
    'key-limits-looser',
    withLimits({ mine: { by: 'org', rate: '2/minute' }, own: { by: 'org', rate: '1/minute' } }, [], [], {
      keys: [
        { id: 'k1', hash: hashOf(1), limits: ['mine'] },
        { id: 'k2', hash: hashOf(2), limits: ['mine'] },
      ],
    }),
    (p) => (p.keys[0].limits = ['own']),
  ),
  opening(
    'one of two routes that share a limit has an equal one',
    'route-limit-gone',
    withLimits({ one: TWO, two: TWO }, ['one'], ['one']),
    (p) => (p.routes[1].limits = ['two']),
  ),
  opening(
    'one of two routes that share a limit has a smaller one',
    'route-limit-gone',
    withLimits({ one: TWO, two: { by: 'key', rate: '1/minute' } }, ['one'], ['one']),
    (p) => (p.routes[1].limits = ['two']),
  ),
  opening(
    'a limit has another name, and a key that shares it still brings the old one',
    'route-limit-gone',
    withLimits(
      { one: { by: 'org', rate: '2/minute' }, two: { by: 'org', rate: '2/minute' } },
      ['one'],
      [],
      ownLimits(['one'], { org: 'acme' }),
    ),
    (p) => (p.routes[0].limits = ['two']),
  ),
  opening(
    'a route is split under a limit by route',
    'route-limit-apart',
    withLimits({ one: { by: ['ip', 'route'], rate: '2/minute' } }, ['one'], []),
    (p) => p.routes.push({ id: 'new', match: { path: '/r/new' }, limits: ['one'] }),
  ),
  opening(
    'a route is split under a limit by route that a key brings along',
    'route-limit-apart',
    withLimits({ mine: { by: ['key', 'route'], rate: '2/minute' } }, [], [], ownLimits(['mine'])),
    (p) => p.routes.push({ id: 'new', match: { path: '/r/new' } }),
  ),
  opening(
    'a quota by route begins anew under the new name of its route',
    'quota-anew',
    withLimits({ one: { by: ['key', 'route'], quota: '100/month' } }, ['one'], []),
    (p) => (p.routes[0].id = 'renamed'),
  ),
  opening(
    'a cooldown ends under the new name of its limit',
    'quota-anew',
    withLimits({ one: SHUT, two: SHUT }, ['one'], []),
    (p) => (p.routes[0].limits = ['two']),
  ),
  opening(
    'a limit lets all through while the store that is new does not answer',
    'limit-store-error-looser',
    withLimits({ one: { ...TWO, on_store_error: 'allow' } }, ['one'], []),
    (p) => (p.redis = 'redis://redis:6379'),
  ),
])

testClosing('both of two routes that share a limit have a smaller one', sharing(), (p) => {
  p.routes[0].limits = ['two']
  p.routes[1].limits = ['two']
})
testClosing('a key has a lower limit of its own', sharing(), (p) => (p.keys[0].limits = ['two']))

function sharing(): Draft {
  return withLimits({ one: TWO, two: { by: 'key', rate: '1/minute' } }, ['one'], ['one'])
}
