import { readFileSync } from 'node:fs'
import t from 'tap'
import { goodPolicy } from './compiling.ts'
import { describe } from './describe-policy.ts'

const FOLDER = new URL('../cases/golden/', import.meta.url)
const text = readFileSync(new URL('policy.yaml', FOLDER), 'utf8')

t.test('policy.yaml compiles to policy.json', async (t) => {
  const wanted = JSON.parse(readFileSync(new URL('policy.json', FOLDER), 'utf8'))
  t.strictSame(JSON.parse(JSON.stringify(describe(text))), wanted)
})

/** Paths of what is not frozen; sets and maps cannot be, their types are read-only. */
function thawed(value: unknown, path: string, seen = new Set<unknown>()): string[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  if (value instanceof Set || value instanceof Map) return []
  const own = Object.isFrozen(value) ? [] : [path]
  return [...own, ...Object.entries(value).flatMap(([key, one]) => thawed(one, `${path}.${key}`, seen))]
}

t.test('the policy is frozen all through', async (t) => {
  const { policy, settings } = goodPolicy(text)
  t.strictSame(thawed({ ...policy, trust: null }, 'policy'), ['policy'])
  t.strictSame(thawed(settings, 'settings'), [])
  for (const upstream of settings.upstreams.values()) t.strictSame(thawed(upstream, upstream.name), [])
})

t.test('routes with the same settings share their plans', async (t) => {
  const { policy } = goodPolicy(`version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: key }
routes:
  - { id: a, match: { path: /a } }
  - { id: b, match: { path: /b } }
  - { id: c, match: { path: /c }, headers: { request: { remove: [x-debug] } } }
`)
  const [a, b, c] = policy.routes
  t.equal(a?.request, b?.request)
  t.equal(a?.reply, b?.reply)
  t.not(a?.request, c?.request)
  t.equal(a?.reply, c?.reply)
})

t.test('the hash is of the text', async (t) => {
  t.not(goodPolicy(text).policy.hash, goodPolicy(`${text}#\n`).policy.hash)
  t.match(goodPolicy(text).policy.hash, /^[0-9a-f]{16}$/)
})
