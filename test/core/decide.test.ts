import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import type { Decision } from '../../src/core/policy.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { answer, PASS, pass, refuse, SKIP, type Verdict } from '../../src/core/verdict.ts'
import { factsWith, portsWith } from '../policies/request.ts'
import { decided, policyOf, reporting, routeOf } from './deciding.ts'

const REPLY = { status: 204, headers: ['allow', 'GET'], body: '' }
const REFUSAL = refuse('scope_missing', 'orders.read is missing', ['x-a', 'b'])

t.test('a route without checks forwards, with a permit for this decision', async (t) => {
  const decision = await decided([])
  t.match(decision, { outcome: 'forward', trail: [], refusal: null, reply: null, principal: ANONYMOUS })
  t.match(decision, { policyHash: '0123456789abcdef', maxBodyBytes: null, route: { id: 'orders' } })
  t.equal(decision.permit?.decision, decision)
})

t.test('passes and skips lead to the upstream, each with its line', async (t) => {
  const decision = await decided([() => PASS, () => SKIP, () => pass({ note: 'seen' }), () => pass({})])
  t.equal(decision.outcome, 'forward')
  t.strictSame(decision.trail, [
    { check: 'a', verdict: 'pass' },
    { check: 'b', verdict: 'skip' },
    { check: 'c', verdict: 'pass', note: 'seen' },
    { check: 'd', verdict: 'pass' },
  ])
})

t.test('a refusal ends the asking', async (t) => {
  const decision = await decided([
    () => PASS,
    () => REFUSAL,
    () => t.fail('asked after the refusal') as never,
  ])
  t.match(decision, { outcome: 'refuse', refusal: REFUSAL, reply: null, permit: null })
  t.strictSame(decision.trail[1], {
    check: 'b',
    verdict: 'refuse',
    code: 'scope_missing',
    note: 'orders.read is missing',
  })
})

t.test('an answer ends the asking', async (t) => {
  const decision = await decided([() => answer(REPLY), () => t.fail('asked after the answer') as never])
  t.match(decision, { outcome: 'answer', reply: REPLY, refusal: null, permit: null })
  t.strictSame(decision.trail, [{ check: 'a', verdict: 'answer' }])
})

t.test('no route, no check, no permit', async (t) => {
  const decision = await decide(policyOf(null), factsWith(), portsWith())
  t.match(decision, { outcome: 'refuse', route: null, permit: null, refusal: { code: 'no_route' } })
  t.match(decision.trail, [{ check: 'match', verdict: 'refuse', code: 'no_route' }])
})

t.test('what the match refuses is refused without asking, in report mode too', async (t) => {
  const route = routeOf([() => t.fail('asked') as never], reporting())
  const decision = await decide(policyOf(route), factsWith({ encodedSlash: true }), portsWith())
  t.match(decision, { outcome: 'refuse', route: { id: 'orders' }, refusal: { code: 'path_refused' } })
})

t.test('a decision that waits for nothing is there at once', async (t) => {
  t.notOk(decided([() => PASS, () => SKIP]) instanceof Promise)
  t.ok(decided([async () => PASS]) instanceof Promise)
})

t.test('checks that have to wait are asked in order', async (t) => {
  const asked: string[] = []
  const later = (name: string, verdict: Verdict) => async () => {
    asked.push(`${name} begins`)
    await new Promise(setImmediate)
    asked.push(`${name} ends`)
    return verdict
  }
  const decision = await decided([
    later('a', PASS),
    () => {
      asked.push('b')
      return SKIP
    },
    later('c', pass({ note: 'n' })),
  ])
  t.strictSame(asked, ['a begins', 'a ends', 'b', 'c begins', 'c ends'])
  t.strictSame(
    decision.trail.map(({ check, verdict }) => `${check} ${verdict}`),
    ['a pass', 'b skip', 'c pass'],
  )
  t.not(decision.permit, null)
})

t.test('a later refusal ends the asking as well', async (t) => {
  const decision = await decided([async () => REFUSAL, () => t.fail('asked after the refusal') as never])
  t.match(decision, { outcome: 'refuse', refusal: REFUSAL, permit: null })
})

t.test('what a check throws refuses with internal, and its stack is for the operator', async (t) => {
  for (const check of [
    () => {
      throw new Error('broken')
    },
    () => Promise.reject(new Error('broken')),
  ]) {
    const decision = await decided([check, () => t.fail('asked after the failure') as never])
    t.match(decision, { outcome: 'refuse', permit: null, refusal: { code: 'internal', headers: [] } })
    t.match(decision.refusal?.why, /^Error: broken\n.*decide\.test\.ts/s)
  }
})

t.test('an error without a stack is told by its message', async (t) => {
  const error = Object.assign(new Error('bare'), { stack: undefined })
  const decision = await decided([() => Promise.reject(error)])
  t.equal(decision.refusal?.why, 'bare')
})

t.test('a text that is thrown is told as it is', async (t) => {
  const decision = await decided([() => Promise.reject('why not')])
  t.equal(decision.refusal?.why, 'why not')
})

t.test('any value that a check throws, now or later, refuses with internal', async () => {
  const odd = fc.oneof(
    fc.anything({ withNullPrototype: true }),
    fc.constant(Object.create(null)),
    fc.constant(Symbol()),
  )
  await fc.assert(
    fc.asyncProperty(
      odd,
      fc.boolean(),
      fc.constantFrom('enforce', 'report'),
      async (value, isLater, mode) => {
        const check = () => {
          if (isLater) return Promise.reject(value)
          throw value
        }
        const decision = await decided([check], mode === 'report' ? reporting() : {})
        return (
          decision.outcome === 'refuse' && decision.refusal?.code === 'internal' && decision.permit === null
        )
      },
    ),
  )
})

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Verdict>(PASS, SKIP, pass({ note: 'n' })) },
  { weight: 1, arbitrary: fc.constantFrom<Verdict>(REFUSAL, answer(REPLY), refuse('internal', 'x')) },
)
const script = fc.array(fc.record({ verdict, isLater: fc.boolean() }), { maxLength: 8 })

const endOf = (steps: readonly { verdict: Verdict }[]) =>
  steps.findIndex(({ verdict: { kind } }) => kind === 'refuse' || kind === 'answer')

t.test(
  'a permit is there exactly when the outcome is forward, and the trail ends with the outcome',
  async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const checks = steps.map(
          (step) => () => (step.isLater ? Promise.resolve(step.verdict) : step.verdict),
        )
        const decision: Decision = await decided(checks)
        const end = endOf(steps)
        const outcome = end === -1 ? 'forward' : steps[end]?.verdict.kind
        return (
          decision.outcome === outcome &&
          (decision.permit !== null) === (outcome === 'forward') &&
          (decision.refusal !== null) === (outcome === 'refuse') &&
          (decision.reply !== null) === (outcome === 'answer') &&
          decision.trail.length === (end === -1 ? steps.length : end + 1)
        )
      }),
      { numRuns: 500 },
    )
  },
)
