import t from 'tap'
import type { Charged } from '../../src/core/limits.ts'
import type { Context } from '../../src/core/policy.ts'
import { ANONYMOUS, type Principal } from '../../src/core/principal.ts'
import { answer, PASS, pass, refuse, SKIP } from '../../src/core/verdict.ts'
import { bareLimit } from '../support/limit.ts'
import { decided, reporting } from './deciding.ts'

const ANN: Principal = { ...ANONYMOUS, kind: 'key', subject: 'ann', keyId: 'acme-prod', authenticator: 'key' }

function chargedFor(name: string): Charged {
  return {
    charge: {
      limit: bareLimit({ name }),
      key: name,
      cost: 1,
    },
    state: { remaining: 1, resetMs: 1, window: 0 },
    atMs: 0,
  }
}

t.test('what checks learn is joined in order', async (t) => {
  const [first, second] = [chargedFor('first'), chargedFor('second')]
  const decision = await decided([
    () => pass({ charged: [first], replyHeaders: ['vary', 'Origin'], warnings: ['plan:80'] }),
    async () => pass({ upstreamHeaders: ['x-a', '1'], maxBodyBytes: 10 }),
    () =>
      pass({
        charged: [second],
        replyHeaders: ['x-b', '2'],
        upstreamHeaders: ['x-c', '3'],
        warnings: ['plan:100'],
      }),
  ])
  t.strictSame(decision.charged, [first, second])
  t.strictSame(decision.replyFields, ['vary', 'Origin', 'x-b', '2'])
  t.strictSame(decision.upstreamFields, ['x-a', '1', 'x-c', '3'])
  t.strictSame(decision.warnings, ['plan:80', 'plan:100'])
  t.equal(decision.maxBodyBytes, 10)
})

t.test('what a check learned is not changed by what a later one adds', async (t) => {
  const fields = Object.freeze(['x-a', '1'])
  const decision = await decided([
    () => pass({ replyHeaders: fields }),
    () => pass({ replyHeaders: ['x-b', '2'] }),
  ])
  t.strictSame(fields, ['x-a', '1'])
  t.strictSame(decision.replyFields, ['x-a', '1', 'x-b', '2'])
})

t.test('one decision learns nothing from another', async (t) => {
  await decided([() => pass({ replyHeaders: ['x-a', '1'], charged: [chargedFor('first')] })])
  const { replyFields, upstreamFields, charged, warnings, principal } = await decided([() => PASS])
  t.strictSame(
    { replyFields, upstreamFields, charged, warnings },
    { replyFields: [], upstreamFields: [], charged: [], warnings: [] },
  )
  t.equal(principal, ANONYMOUS)
})

t.test('a later check sees what those before it have learned', async (t) => {
  const charged = chargedFor('first')
  const seen: Pick<Context, 'principal' | 'charged'>[] = []
  const look = ({ principal, charged: before }: Context) => {
    seen.push({ principal, charged: before })
    return SKIP
  }
  const decision = await decided([
    look,
    () => pass({ principal: ANN, charged: [charged] }),
    look,
    async () => PASS,
    look,
  ])
  t.strictSame(seen[0], { principal: ANONYMOUS, charged: [] })
  t.strictSame(seen[1], { principal: ANN, charged: [charged] })
  t.strictSame(seen[2], seen[1])
  t.equal(decision.principal, ANN)
})

t.test('a refusal and an answer keep what was learned before them', async (t) => {
  const learn = () => pass({ principal: ANN, replyHeaders: ['x-a', '1'] })
  for (const end of [refuse('scope_missing', ''), answer({ status: 204, headers: [], body: '' })]) {
    t.match(await decided([learn, () => end]), { principal: ANN, replyFields: ['x-a', '1'], permit: null })
  }
})

t.test('report mode notes a refusal, asks on and forwards', async (t) => {
  const decision = await decided(
    [
      () => refuse('key_missing', 'none was sent'),
      async () => refuse('rate_limited', 'too many'),
      () => PASS,
    ],
    reporting(),
  )
  t.match(decision, { outcome: 'forward', refusal: null, principal: ANONYMOUS })
  t.strictSame(decision.trail, [
    { check: 'a', verdict: 'report', code: 'key_missing', note: 'none was sent' },
    { check: 'b', verdict: 'report', code: 'rate_limited', note: 'too many' },
    { check: 'c', verdict: 'pass' },
  ])
  t.equal(decision.permit?.decision, decision)
})

t.test('report mode lets no failure of ours through', async (t) => {
  const broken = () => {
    throw new Error('broken')
  }
  for (const check of [broken, () => refuse('internal', 'broken'), async () => broken()]) {
    t.match(await decided([check], reporting()), {
      outcome: 'refuse',
      permit: null,
      refusal: { code: 'internal' },
    })
  }
})

t.test('report mode answers nothing, and asks no check that an answer would have spared', async (t) => {
  const decision = await decided(
    [
      () => PASS,
      () => answer({ status: 204, headers: [], body: '' }),
      () => t.fail('asked after the answer') as never,
    ],
    reporting(),
  )
  t.match(decision, { outcome: 'forward', reply: null })
  t.strictSame(decision.trail, [
    { check: 'a', verdict: 'pass' },
    { check: 'b', verdict: 'skip', note: 'report mode: not answered here' },
    { check: 'c', verdict: 'skip' },
  ])
})

t.test('what still is enforced is asked after an answer that was not given', async (t) => {
  const { reporting: all } = reporting()
  const route = { reporting: { ...(all as NonNullable<typeof all>), checks: new Set(['a']) } }
  const decision = await decided(
    [() => answer({ status: 204, headers: [], body: '' }), () => refuse('key_missing', 'none')],
    route,
  )
  t.match(decision, { outcome: 'refuse', refusal: { code: 'key_missing' }, permit: null })
})

t.test('report mode adds nothing to the reply and cuts no body', async (t) => {
  const learn = () => pass({ replyHeaders: ['x-a', '1'], maxBodyBytes: 3, upstreamHeaders: ['x-b', '2'] })
  const decision = await decided([learn], reporting())
  t.match(decision, { replyFields: [], maxBodyBytes: null, upstreamFields: ['x-b', '2'] })
})

t.test('a share of the principals is enforced', async (t) => {
  const check = () => refuse('rate_limited', 'too many')
  const seen = new Set<string>()
  for (let i = 0; i < 200; i++) {
    const learn = () => pass({ principal: { ...ANN, subject: `user-${i}` } })
    const first = await decided([learn, check], reporting(20))
    const second = await decided([learn, check], reporting(50))
    if (first.outcome === 'refuse') t.equal(second.outcome, 'refuse', 'who is in at 20% is in at 50%')
    seen.add(first.outcome)
  }
  t.strictSame([...seen].sort(), ['forward', 'refuse'])
})
