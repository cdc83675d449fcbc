import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import type { Policy, Route } from '../../../src/core/policy.ts'
import { validate } from '../../../src/policies/validate/index.ts'
import { envWith, factsWith, portsWith, ROUTE } from '../request.ts'

const checks = validate.compile(validate.schema.parse({ max_body: '1KB' }), envWith()).checks ?? []
const route: Route = { ...ROUTE, checks: checks.map(({ check }) => check) }
const policy: Policy = {
  hash: '',
  routes: [route],
  find: () => route,
  trust: { ranges: [] },
  hosts: null,
  guardedNames: new Set(),
  onceNames: new Set(),
  credentialNames: new Set(),
  reply: { drop: new Set(), set: [] },
}

t.test('V84: the decision tells the bound of a chunked body to whoever streams it', async (t) => {
  const decisionFor = (bodyBytes: number | null) => decide(policy, factsWith({ bodyBytes }), portsWith())
  t.match(await decisionFor(null), { outcome: 'forward', maxBodyBytes: 1024 })
  t.match(await decisionFor(1024), { outcome: 'forward', maxBodyBytes: null })
})
