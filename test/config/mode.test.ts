import t from 'tap'
import { REPORTABLE } from '../../src/config/schema-route.ts'
import { isReported } from '../../src/core/mode.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { FRONT } from '../../src/policies/order.ts'
import { goodPolicy, problemsOf } from './compiling.ts'

const EVERY = ['cors', 'access', 'limit', 'auth', 'scopes', 'validate']

interface Written {
  readonly top?: string
  readonly defaults?: string
  readonly route?: string
}

const textOf = ({ top = '', defaults = '', route = '' }: Written): string => `version: 1
${top}
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: key, ${defaults} }
limits: { all: { by: global, rate: 10/minute } }
routes:
  - id: one
    match: { path: /one }
    limits: [all]
    cors: { origins: [https://shop.example.com] }
    ${route}
`

/** Which checks report, and to what share they are enforced all the same. */
function reportedIn(written: Written): readonly [checks: readonly string[], percent: number] | null {
  const { reporting = null } = goodPolicy(textOf(written)).policy.routes[0] ?? {}
  return reporting === null ? null : [[...reporting.checks], reporting.enforcedPercent]
}

const CASES: readonly (readonly [Written, ReturnType<typeof reportedIn>, string])[] = [
  [{}, null, 'enforce'],
  [{ route: 'mode: enforce' }, null, 'enforce'],
  [{ route: 'mode: report' }, [EVERY, 0], 'report'],
  [{ defaults: 'mode: report' }, [EVERY, 0], 'report'],
  [{ defaults: 'mode: report', route: 'mode: enforce' }, null, 'enforce'],
  [{ route: 'mode: { limits: report, allow: report, auth: enforce }' }, [['limit', 'scopes'], 0], 'partly'],
  [{ defaults: 'mode: report', route: 'mode: { limits: report }' }, [['limit'], 0], 'partly'],
  [{ route: 'mode: { auth: enforce }' }, null, 'enforce'],
  [{ route: 'enforce: 10%' }, [EVERY, 10], 'partly'],
  [{ route: 'enforce: 0%' }, [EVERY, 0], 'report'],
  [{ route: 'enforce: 100%' }, null, 'enforce'],
  [{ defaults: 'enforce: 10%' }, [EVERY, 10], 'partly'],
  [{ defaults: 'mode: report', route: 'enforce: 10%' }, [EVERY, 10], 'partly'],
  [{ defaults: 'mode: enforce', route: 'enforce: 10%' }, [EVERY, 10], 'partly'],
  [{ defaults: 'mode: { limits: report }', route: 'enforce: 10%' }, [['limit'], 10], 'partly'],
  [{ defaults: 'enforce: 10%', route: 'mode: enforce' }, null, 'enforce'],
  [{ defaults: 'enforce: 10%', route: 'mode: report' }, [EVERY, 0], 'report'],
  [{ top: 'mode: report' }, [EVERY, 0], 'report'],
  [{ top: 'mode: report', route: 'mode: enforce' }, [EVERY, 0], 'report'],
  [
    { top: 'mode: report', defaults: 'enforce: 90%', route: 'mode: { limits: report }' },
    [EVERY, 0],
    'report',
  ],
  [{ top: 'mode: enforce', route: 'mode: report' }, [EVERY, 0], 'report'],
]

for (const [written, wanted, name] of CASES) {
  t.test(JSON.stringify(written), async (t) => {
    t.strictSame(reportedIn(written), wanted)
    t.equal(goodPolicy(textOf(written)).policy.routes[0]?.mode, name)
  })
}

t.test('what cannot be meant is told', async (t) => {
  const told = (route: string) => problemsOf(textOf({ route }))
  t.match(told('mode: { limit: report }'), [/^11:13: unknown key `limit`.*did you mean `limits`/])
  t.match(told('mode: { auth: off }'), [/^11:19: `auth` must be one of `enforce`, `report`/])
  t.match(told('enforce: 10'), [/^11:14: `enforce`: write a share such as 50%/])
  t.match(told('enforce: 101%'), [/at most 100%/])
  t.match(told('mode: enforce\n    enforce: 10%'), [/^12:14: `mode: enforce` is for everybody/])
  t.match(problemsOf(textOf({ top: 'mode: off' })), [/^2:7: `mode` must be one of `enforce`, `report`/])
})

t.test('a route that reports adds nothing to its replies', async (t) => {
  const route = (written: Written) => goodPolicy(textOf(written)).policy.routes[0]
  const enforced = route({})
  const reports = route({ route: 'mode: report' })
  t.equal(enforced?.decisionFields.length, 1)
  t.ok(enforced?.reply.drop.has('access-control-allow-origin'))
  t.equal(reports?.decisionFields.length, 0)
  t.notOk(reports?.reply.drop.has('access-control-allow-origin'))
  t.notOk(reports?.reply.set.includes('vary'))
  t.strictSame(
    enforced?.checks.map(({ name }) => name),
    reports?.checks.map(({ name }) => name),
    'all the same is asked',
  )
  const partly = route({ route: 'mode: { limits: report }' })
  t.equal(partly?.decisionFields.length, 0)
  t.ok(partly?.reply.drop.has('access-control-allow-origin'))
})

t.test('every policy that can refuse can be put into report mode, by its key', async (t) => {
  const [route] = goodPolicy(textOf({ route: 'mode: report' })).policy.routes
  const asking = { facts: { client: '192.0.2.1' }, principal: ANONYMOUS }
  for (const { name } of REPORTABLE) t.ok(route !== undefined && isReported(route, name, asking), name)
  t.strictSame(
    FRONT.filter((slot) => !REPORTABLE.some(({ name }) => slot.startsWith(name))),
    ['identity'],
  )
})
