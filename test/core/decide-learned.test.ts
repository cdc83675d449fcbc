import t from 'tap'
import type { Charged } from '../../src/core/limits.ts'
import type { Context } from '../../src/core/policy.ts'
import { ANONYMOUS, type Principal } from '../../src/core/principal.ts'
import { answer, PASS, pass, refuse, SKIP } from '../../src/core/verdict.ts'
import { decided } from './deciding.ts'

const ANN: Principal = { ...ANONYMOUS, kind: 'key', subject: 'ann', keyId: 'acme-prod', authenticator: 'key' }

function chargedFor(name: string): Charged {
  return {
    charge: {
      limit: {
        name,
        by: ['ip'],
        windows: [],
        warnAt: [],
        cooldown: null,
        concurrent: null,
        onStoreError: 'local',
      },
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
    {
      mode: 'report',
    },
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
    t.match(await decided([check], { mode: 'report' }), {
      outcome: 'refuse',
      permit: null,
      refusal: { code: 'internal' },
    })
  }
})

t.test('report mode answers what a check answers', async (t) => {
  const decision = await decided([() => answer({ status: 204, headers: [], body: '' })], { mode: 'report' })
  t.match(decision, { outcome: 'answer', permit: null })
})
