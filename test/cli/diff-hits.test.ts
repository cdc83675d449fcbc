import t from 'tap'
import { hitsAmong } from '../../src/cli/diff-hits.ts'
import type { Change } from '../../src/diff/change.ts'
import type { ChangeGroup } from '../../src/replay/result.ts'
import { type Draft, hashOf, outlined, textOf } from '../diff/scene.ts'

function policy(rate: string, more: Draft = {}): Draft {
  return {
    version: 1,
    upstreams: { api: { url: 'http://127.0.0.1:3000' } },
    limits: { near: { by: 'ip', rate }, tiny: { by: 'key', rate: '50/minute' } },
    keys: [
      { id: 'k1', hash: hashOf(1), org: 'acme' },
      { id: 'k2', hash: hashOf(2), org: 'globex', ...more },
      { id: 'k3', hash: hashOf(3) },
    ],
    defaults: { upstream: 'api', auth: ['key'] },
    routes: [
      { id: 'a', match: { path: '/a' } },
      { id: 'b', match: { path: '/b' }, limits: ['near'] },
    ],
  }
}

const OUTLINES = [
  outlined(textOf(policy('60/minute')), 'old.yaml').outline,
  outlined(textOf(policy('10/minute', { limits: ['tiny'] })), 'new.yaml').outline,
] as const

function group(route: string, keys: Readonly<Record<string, number>>): ChangeGroup {
  const counts = Object.entries(keys).map(([name, requests]) => ({ name, requests }))
  return {
    change: 'refused',
    route,
    new_route: route,
    was: 'forward',
    would_be: 'rate_limited',
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    keys: counts,
    orgs: [{ name: 'acme', requests: 1 }],
    clients: [],
    first: '',
    last: '',
    examples: [],
  }
}

function change(kind: Change['kind'], name: string, code: Change['code']): Change {
  const place = { file: 'new.yaml', line: 1, col: 1 }
  return { code, severity: 'more_closed', kind, names: [name], count: 1, sentence: '', ...place }
}

const GROUPS = [group('b', { k1: 30, k2: 5 }), group('a', { k2: 10 })]

t.test('a key counts its own requests, and not those of others that are refused beside them', async (t) => {
  const hits = hitsAmong(change('key', 'k2', 'key-limits-tighter'), GROUPS, OUTLINES)
  t.strictSame(hits, { requests: 15, keys: 1, orgs: 1 })
  const none = hitsAmong(change('key', 'k3', 'key-limits-tighter'), GROUPS, OUTLINES)
  t.strictSame(none, { requests: 0, keys: 0, orgs: 0 })
})

t.test('a limit counts the requests of its routes, and of the keys that bring it along', async (t) => {
  const near = hitsAmong(change('limit', 'near', 'limit-tighter'), GROUPS, OUTLINES)
  t.strictSame(near, { requests: 35, keys: 2, orgs: 1 })
  const tiny = hitsAmong(change('limit', 'tiny', 'limit-tighter'), GROUPS, OUTLINES)
  t.strictSame(tiny, { requests: 15, keys: 1, orgs: 1 })
})

t.test('a route counts its own requests', async (t) => {
  const hits = hitsAmong(change('route', 'a', 'route-limit-added'), GROUPS, OUTLINES)
  t.strictSame(hits, { requests: 10, keys: 1, orgs: 1 })
})

t.test('what cannot be the reason counts nothing', async (t) => {
  const other = hitsAmong(change('route', 'b', 'scope-needed'), GROUPS, OUTLINES)
  t.strictSame(other, { requests: 0, keys: 0, orgs: 0 })
})
