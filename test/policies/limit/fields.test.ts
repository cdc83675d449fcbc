import t from 'tap'
import type { BucketState, Charged, Limit } from '../../../src/core/limits.ts'
import type { Decision } from '../../../src/core/policy.ts'
import { refuse } from '../../../src/core/verdict.ts'
import { decisionFields, limitFields } from '../../../src/policies/limit/fields.ts'
import { limitOf, limitSettingsSchema } from '../../../src/policies/limit/schema.ts'

const compiled = (name: string, settings: unknown): Limit =>
  limitOf(name, limitSettingsSchema.parse(settings))
const charged = (limit: Limit, state: Partial<BucketState>): Charged => ({
  charge: { limit, key: limit.name, cost: 1 },
  state: { remaining: 42, resetMs: 16_001, window: 0, ...state },
  atMs: 0,
})

const simple = compiled('name', { by: 'ip', rate: '100/minute' })
const full = compiled('full', { by: 'ip', rate: '60/minute', burst: '10/second', quota: '9000/day' })
const plan = compiled('plan', { by: 'org', quota: '100000/month' })
const NEVER = Number.POSITIVE_INFINITY

const decided = (parts: Partial<Decision>): Decision => ({ refusal: null, charged: [], ...parts }) as Decision

t.test('a policy item and what is left of it, in whole seconds rounded up', async (t) => {
  t.strictSame(limitFields('ietf', [charged(simple, {})], NEVER), [
    'ratelimit-policy',
    '"name";q=100;w=60',
    'ratelimit',
    '"name";r=42;t=17',
  ])
})

t.test('every window is a policy item; the tightest of each limit is told', async (t) => {
  const both = [charged(full, { window: 1, remaining: 3, resetMs: 900 }), charged(plan, { remaining: 0 })]
  t.strictSame(limitFields('ietf', both, NEVER), [
    'ratelimit-policy',
    '"full";q=60;w=60, "full:burst";q=10;w=1, "full:day";q=9000;w=86400, "plan";q=100000',
    'ratelimit',
    '"full:burst";r=3;t=1, "plan";r=0;t=17',
  ])
})

t.test('no time beyond the one given', async (t) => {
  t.equal(limitFields('ietf', [charged(simple, {})], 5)[3], '"name";r=42;t=5')
})

t.test('both: the older fields tell the tightest limit', async (t) => {
  const older = (...list: Charged[]) => limitFields('both', list, NEVER).slice(4)
  const three = (max: number, left: number, reset: number) => [
    'x-ratelimit-limit',
    `${max}`,
    'x-ratelimit-remaining',
    `${left}`,
    'x-ratelimit-reset',
    `${reset}`,
  ]
  t.strictSame(older(charged(simple, {}), charged(plan, { remaining: 7 })), three(100_000, 7, 17))
  t.strictSame(older(charged(simple, { remaining: 7 }), charged(plan, {})), three(100, 7, 17))
  t.strictSame(older(charged(simple, {}), charged(plan, { resetMs: 99_000 })), three(100_000, 42, 99))
  t.strictSame(older(charged(simple, {}), charged(plan, { resetMs: 1000 })), three(100, 42, 17))
})

t.test('nothing when turned off or nothing was charged', async (t) => {
  t.strictSame(limitFields('off', [charged(simple, {})], NEVER), [])
  t.strictSame(limitFields('both', [], NEVER), [])
})

t.test('the fields of a decision are those of its charges', async (t) => {
  t.strictSame(
    decisionFields('ietf', decided({ charged: [charged(simple, {})] })),
    limitFields('ietf', [charged(simple, {})], NEVER),
  )
})

t.test('they are there when something else refused, and left to the refusal when it is ours', async (t) => {
  const list = [charged(simple, {})]
  const lengthAt = (code: Parameters<typeof refuse>[0]) =>
    decisionFields('ietf', decided({ charged: list, refusal: refuse(code, '') })).length
  t.equal(lengthAt('key_invalid'), 4)
  t.equal(lengthAt('rate_limited'), 0)
  t.equal(lengthAt('quota_exhausted'), 0)
})
