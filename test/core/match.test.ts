import t from 'tap'
import type { Facts } from '../../src/core/facts.ts'
import { hostSet } from '../../src/core/host.ts'
import { matchRoute, preflightMethod } from '../../src/core/match.ts'
import type { Policy, Route } from '../../src/core/policy.ts'
import { PASS } from '../../src/core/verdict.ts'
import { factsWith, ROUTE } from '../policies/request.ts'
import { policyOf } from './deciding.ts'

/** Id of the route, or the code of the refusal. */
function matched(policy: Policy, facts: Partial<Facts>): string | undefined {
  const { route, refusal } = matchRoute(policy, factsWith(facts))
  return refusal === null ? route.id : refusal.code
}

/** Finds routes by their methods alone. */
function methodPolicy(...routes: Route[]): Policy {
  return policyOf(null, {
    find: (_host, method) => routes.find(({ methods }) => methods.includes(method)) ?? null,
  })
}

const PREFLIGHT: Partial<Facts> = {
  method: 'OPTIONS',
  fields: ['Origin', 'https://shop.example.com', 'Access-Control-Request-Method', 'GET'],
}
const CORS: Route = { ...ROUTE, id: 'cors', checks: [{ name: 'cors', run: () => PASS }] }
const OPTIONS: Route = { ...ROUTE, id: 'options', methods: ['OPTIONS'] }

t.test('host, method and path are what is looked for', async (t) => {
  const asked: string[][] = []
  const find = (...question: string[]) => {
    asked.push(question)
    return ROUTE
  }
  t.equal(
    matched(policyOf(null, { find }), { host: 'a', method: 'PUT', path: '/x', query: '?p=/y' }),
    'orders',
  )
  t.strictSame(asked, [['a', 'PUT', '/x']])
})

t.test('no route refuses', async (t) => {
  t.equal(matched(policyOf(null), {}), 'no_route')
})

t.test('a host that is not served is refused before any route is looked for', async (t) => {
  const find = () => t.fail('looked for a route') as never
  t.equal(
    matched(policyOf(ROUTE, { hosts: hostSet(['example.com']), find }), { host: 'evil.example' }),
    'host_unknown',
  )
  t.equal(matched(policyOf(ROUTE, { hosts: hostSet(['example.com']) }), { host: 'example.com' }), 'orders')
})

t.test('V36: an encoded slash is for routes that ask for it', async (t) => {
  t.equal(matched(policyOf(ROUTE), { encodedSlash: true }), 'path_refused')
  t.equal(matched(policyOf({ ...ROUTE, encodedSlash: true }), { encodedSlash: true }), 'orders')
  t.equal(matchRoute(policyOf(ROUTE), factsWith({ encodedSlash: true })).route, ROUTE, 'the route is told')
})

t.test('V33: an upgrade is for routes that speak WebSocket', async (t) => {
  t.equal(matched(policyOf(ROUTE), { websocket: true }), 'upgrade_refused')
  t.equal(matched(policyOf({ ...ROUTE, websocket: true }), { websocket: true }), 'orders')
})

t.test('V53: a preflight is for the route of the method it asks about', async (t) => {
  t.equal(matched(methodPolicy(CORS), PREFLIGHT), 'cors')
  t.equal(matched(methodPolicy(OPTIONS, CORS), PREFLIGHT), 'cors')
})

t.test('V53: a preflight for a route that would not answer it is an ordinary OPTIONS', async (t) => {
  t.equal(matched(methodPolicy(ROUTE), PREFLIGHT), 'no_route')
  t.equal(matched(methodPolicy(ROUTE, OPTIONS), PREFLIGHT), 'options')
})

t.test('V53: a preflight about a method without a route is an ordinary OPTIONS', async (t) => {
  t.equal(matched(methodPolicy(OPTIONS), PREFLIGHT), 'options')
  t.equal(matched(methodPolicy({ ...CORS, methods: ['PUT'] }), PREFLIGHT), 'no_route')
})

t.test('V53: OPTIONS is a preflight only with Origin and the method it asks about', async (t) => {
  const method = (name: string, fields: string[]) => preflightMethod(factsWith({ method: name, fields }))
  const asking = ['Access-Control-Request-Method', 'PUT']
  t.equal(method('OPTIONS', ['Origin', 'https://a', ...asking]), 'PUT')
  t.equal(method('OPTIONS', asking), undefined)
  t.equal(method('OPTIONS', ['Origin', 'https://a']), undefined)
  t.equal(method('GET', ['Origin', 'https://a', ...asking]), undefined)
})
