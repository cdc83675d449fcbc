import fc from 'fast-check'
import t from 'tap'
import { policyAfter, shuffled, someRows } from './random.ts'
import { base, changesOf, changesOfTexts, type Draft, textOf } from './scene.ts'

const numbers = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 })

/** The same policy in other words: lists and mappings in another order, and defaults written out. */
function respelled(draft: Draft, order: readonly number[]): Draft {
  const again = structuredClone(draft)
  const { defaults, ...rest } = again
  const routes = again.routes.map((route: Draft) => ({ ...defaults, ...route }))
  const entries = Object.entries({ ...rest, routes }).map(([key, value]) => [
    key,
    reordered(key, value, order),
  ])
  return Object.fromEntries(shuffled(entries, order))
}

function reordered(key: string, value: unknown, order: readonly number[]): unknown {
  if (Array.isArray(value)) {
    const all = shuffled(value, order)
    return key === 'routes' ? all.map((one) => route(one as Draft, order)) : all
  }
  const isNamed = ['limits', 'upstreams', 'authenticators'].includes(key)
  return isNamed ? Object.fromEntries(shuffled(Object.entries(value as Draft), order)) : value
}

/** Lists of which the order says nothing. */
function route(one: Draft, order: readonly number[]): Draft {
  const out = structuredClone(one)
  if (Array.isArray(out.limits)) out.limits = shuffled(out.limits, order)
  if (Array.isArray(out.auth)) out.auth = shuffled(out.auth, order)
  if (out.match.methods !== undefined) out.match.methods = shuffled(out.match.methods, order)
  if (out.cors?.origins !== undefined) out.cors.origins = shuffled(out.cors.origins, order)
  if (out.allow?.scopes !== undefined) out.allow.scopes = shuffled(out.allow.scopes, order)
  return out
}

t.test('a policy in other words has no differences', async (t) => {
  let judged = 0
  fc.assert(
    fc.property(someRows, numbers, (rows, order) => {
      const draft = policyAfter(rows)
      fc.pre(draft !== null)
      if (draft === null) return
      // Without the defaults, what replies without a route carry would be another set.
      fc.pre(draft.defaults.guard === undefined)
      judged += 1
      const changes = changesOf(draft, respelled(draft, order))
      t.strictSame(changes, [])
      if (changes.length > 0) throw new Error('there are differences')
    }),
    { numRuns: 100 },
  )
  t.ok(judged >= 50, 'most random policies are good ones')
})

const SAME: readonly (readonly [string, (draft: Draft) => void])[] = [
  ['what is the default anyway', (p) => (p.routes[2].websocket = false)],
  ['names of parameters', (p) => (p.routes[1].match.path = '/orders/:order')],
  ['a range as its halves', (p) => (p.routes[1].access.allow = ['10.0.0.0/9', '10.128.0.0/9'])],
  ['an address that the list denies anyway', (p) => p.routes[1].access.deny.push('192.168.0.1')],
  ['GET that brings HEAD', (p) => p.routes[0].match.methods.push('HEAD')],
  ['a schema that is laid out in another way', (p) => (p.routes[1].validate.body = './a-again.json')],
  ['a duration in another unit', (p) => (p.limits.shut.cooldown.within = '60s')],
  ['a limit that nobody uses', (p) => (p.limits.spare = { by: 'ip', rate: '1/minute' })],
  ['an upstream that nobody uses', (p) => (p.upstreams.spare = { url: 'http://127.0.0.1:1' })],
  ['the authenticator that is there anyway', (p) => (p.authenticators = { key: { type: 'api_key' } })],
  [
    'an origin below a wildcard',
    (p) => p.routes[3].cors.origins.push('https://*.b.example.com', 'https://x.b.example.com'),
  ],
]

for (const [name, change] of SAME) {
  t.test(`no difference: ${name}`, async (t) => {
    const [old, now] = [base(), base()]
    change(now)
    if (name.startsWith('an origin')) old.routes[3].cors.origins.push('https://*.b.example.com')
    t.strictSame(changesOf(old, now), [])
    t.strictSame(changesOf(now, old), [])
  })
}

t.test('comments and references are no difference', async (t) => {
  const text = textOf(base())
  const commented = `# about\n${text.replaceAll('\n', ' # what for\n')}`
  t.strictSame(changesOfTexts(text, commented), [])
  const admin = (secret: string) =>
    `${text}admin: { listen: "127.0.0.1:9902", token: "${secret}-of-enough-length" }\n`
  t.strictSame(changesOfTexts(admin('one'), admin('other')), [], 'nor is a secret, of which nothing is told')
})
