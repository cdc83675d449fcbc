import t from 'tap'
import { ANONYMOUS, type Principal } from '../../../src/core/principal.ts'
import { scopes } from '../../../src/policies/scopes/index.ts'
import { contextWith, envWith, outcomeOf, runCheck } from '../request.ts'

const clerk: Principal = {
  ...ANONYMOUS,
  kind: 'key',
  subject: 'acme-prod',
  org: 'acme',
  scopes: ['orders.read', 'orders.list'],
  roles: ['clerk'],
}

function judge(settings: unknown, principal = clerk) {
  const part = scopes.compile(scopes.schema.parse(settings), envWith())
  return outcomeOf(runCheck(part, 'scopes', contextWith({}, principal)) as never)
}

t.test('without settings nothing is asked', async (t) => {
  t.strictSame(scopes.compile(undefined, envWith()), {})
})

for (const [settings, outcome] of [
  [{ scopes: ['orders.read'] }, 'pass'],
  [{ scopes: ['orders.read', 'orders.list'] }, 'pass'],
  [{ scopes: ['orders.read', 'orders.write'] }, 'scope_missing'],
  [{ scopes: ['orders'] }, 'scope_missing'],
  [{ scopes: ['Orders.Read'] }, 'scope_missing'],
  [{ any_scope: ['orders.write', 'orders.read'] }, 'pass'],
  [{ any_scope: ['orders.write', 'orders.admin'] }, 'scope_missing'],
  [{ roles: ['manager', 'clerk'] }, 'pass'],
  [{ roles: ['manager'] }, 'role_missing'],
  [{ orgs: ['globex', 'acme'] }, 'pass'],
  [{ orgs: ['globex'] }, 'org_refused'],
  [{ scopes: ['orders.read'], roles: ['clerk'], orgs: ['globex'] }, 'org_refused'],
  [{ scopes: ['orders.read'], any_scope: ['orders.list'], roles: ['clerk'], orgs: ['acme'] }, 'pass'],
] as const) {
  t.test(`${JSON.stringify(settings)} is ${outcome}`, async (t) => {
    t.equal(judge(settings), outcome)
  })
}

t.test('an anonymous principal meets nothing', async (t) => {
  t.equal(judge({ scopes: ['orders.read'] }, ANONYMOUS), 'scope_missing')
  t.equal(judge({ any_scope: ['orders.read'] }, ANONYMOUS), 'scope_missing')
  t.equal(judge({ roles: ['clerk'] }, ANONYMOUS), 'role_missing')
  t.equal(judge({ orgs: ['acme'] }, ANONYMOUS), 'org_refused')
})

t.test('allow on a route that is anonymous only is a problem', async (t) => {
  const env = envWith({ anonymousOnly: true })
  scopes.compile(scopes.schema.parse({ roles: ['clerk'] }), env)
  t.match(env.problems, [{ path: [], message: /auth: none/ }])
})

for (const settings of [{}, { scopes: [] }, { scopes: [''] }, { scope: ['a'] }, { orgs: 'acme' }]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(scopes.schema.safeParse(settings).success)
  })
}
