import t from 'tap'
import { goodPolicy, problemsOf } from './compiling.ts'

function policyOf(one: string, two: string): string {
  return `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
limits: { slow: { by: route, rate: 1/minute } }
defaults: { upstream: api, auth: key }
routes:
  - { id: one, match: { path: /one }, ${one} }
  - { id: two, match: { path: /two }, ${two} }
`
}

function checksOf(one: string, two: string, name: string) {
  const { policy } = goodPolicy(policyOf(one, two))
  return policy.routes.map(({ checks }) => checks.find((check) => check.name === name))
}

t.test('routes with the same settings share the check', async (t) => {
  const settings = 'allow: { scopes: [a] }, limits: [slow]'
  const [first, second] = checksOf(settings, settings, 'scopes')
  t.ok(first)
  t.equal(second, first)
})

t.test('routes with other settings do not', async (t) => {
  const limits = 'limits: [slow]'
  const [first, second] = checksOf(
    `allow: { scopes: [a] }, ${limits}`,
    `allow: { scopes: [b] }, ${limits}`,
    'scopes',
  )
  t.not(second, first)
})

t.test('routes with other methods do not: the answer to a preflight tells them', async (t) => {
  const cors = 'limits: [slow], cors: { origins: [https://a.test] }'
  const text = policyOf(cors, cors).replace('path: /two', 'path: /two, methods: [GET]')
  const { policy } = goodPolicy(text)
  const [first, second] = policy.routes.map(({ checks }) => checks.find(({ name }) => name === 'cors'))
  t.not(second, first)
})

t.test('what counts by route is shared too: it asks the request for its route', async (t) => {
  const [first, second] = checksOf('limits: [slow]', 'limits: [slow]', 'limit')
  t.ok(first)
  t.equal(second, first)
})

t.test('a mistake that two routes make is told for both', async (t) => {
  const bad = 'limits: [slow], cors: { origins: ["*"], credentials: true }'
  const problems = problemsOf(policyOf(bad, bad)).filter((problem) => /^[67]:/.test(problem))
  t.equal(new Set(problems.map((problem) => problem[0])).size, 2)
})
