import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import {
  costSchema,
  limitHeadersSchema,
  limitListSchema,
  limitOf,
  limitSettingsSchema,
} from '../../../src/policies/limit/schema.ts'

const compiled = (settings: unknown) => limitOf('a', limitSettingsSchema.parse(settings))
const problems = (settings: unknown): string[] =>
  (limitSettingsSchema.safeParse(settings).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

t.test('the sliding windows come first, then the calendar one', async (t) => {
  const settings = {
    by: ['ip', 'route'],
    rate: '60/minute',
    burst: '10/second',
    quota: '100000/month',
    warn_at: ['80%', '100%'],
  }
  t.strictSame(compiled(settings), {
    name: 'a',
    by: ['ip', 'route'],
    windows: [
      { kind: 'sliding', max: 60, windowMs: 60_000 },
      { kind: 'sliding', max: 10, windowMs: 1000 },
      { kind: 'calendar', max: 100_000, unit: 'month' },
    ],
    warnAt: [0.8, 1],
    cooldown: null,
    concurrent: null,
    onStoreError: 'local',
    accuracy: 'exact',
  })
})

t.test('a quota alone is a limit, and one dimension needs no list', async (t) => {
  t.strictSame(compiled({ by: 'org', quota: '500/day' }), {
    name: 'a',
    by: ['org'],
    windows: [{ kind: 'calendar', max: 500, unit: 'day' }],
    warnAt: [],
    cooldown: null,
    concurrent: null,
    onStoreError: 'local',
    accuracy: 'exact',
  })
})

t.test('a compiled limit is frozen', async (t) => {
  const limit = compiled({ by: ['ip'], rate: '1/hour' })
  for (const part of [limit, limit.by, limit.windows, limit.windows[0], limit.warnAt])
    t.ok(Object.isFrozen(part))
})

const QUOTA = 'quota: write a quota such as 5000/day or 100000/month'
const RATE = 'rate: write a rate such as 10/second, 60/minute, 1000/hour or 5000/day'
const BY = 'by: write one of ip, key, org, subject, route, global, or a list of them'

for (const [name, settings, expected] of [
  ['neither rate nor quota', { by: 'ip' }, [': write `rate`, `quota`, `concurrent` or several of them']],
  [
    'a lease of less than one request',
    { by: 'ip', rate: '90/minute', burst: '9/second', accuracy: 'leased' },
    ['accuracy: a tenth of 9 is less than one request: there is nothing to lease'],
  ],
  [
    'a lease of nothing',
    { by: 'ip', concurrent: 3, accuracy: 'leased' },
    ['accuracy: there is no `rate` or `quota` to lease of'],
  ],
  [
    'a lease with a cooldown',
    { by: 'ip', rate: '90/minute', cooldown: { after: 5, within: '1m', for: '1m' }, accuracy: 'leased' },
    ['accuracy: a `cooldown` counts refusals, so it needs `exact`'],
  ],
  [
    'a burst alone',
    { by: 'ip', burst: '1/second', quota: '9/day' },
    ['burst: write the `rate` that this is the burst of'],
  ],
  [
    'a burst as long as the rate',
    { by: 'ip', rate: '9/minute', burst: '3/minute' },
    ['burst: its window must be shorter than that of `rate`'],
  ],
  [
    'a burst the rate makes pointless',
    { by: 'ip', rate: '9/minute', burst: '9/second' },
    ['burst: `rate` lets fewer through, so this burst is never reached'],
  ],
  [
    'a quota the rate makes pointless',
    { by: 'ip', rate: '1/day', quota: '32/month' },
    ['quota: `rate` lets so few through that this quota is never reached'],
  ],
  [
    'a warning without a quota',
    { by: 'ip', rate: '1/day', warn_at: ['80%'] },
    ['warn_at: there is no `quota` to warn of'],
  ],
  [
    'a cooldown that anybody could bring upon all',
    { by: ['route', 'global'], rate: '1/day', cooldown: { after: 5, within: '1m', for: '10m' } },
    ['cooldown: any one client could shut it for all; let it count by ip, key, org or subject'],
  ],
  [
    'a cooldown without windows',
    { by: 'ip', concurrent: 1, cooldown: { after: 5, within: '1m', for: '10m' } },
    ['cooldown: there is no `rate` or `quota` whose refusals it could count'],
  ],
  [
    'a cooldown of times that are too short and too long',
    { by: 'ip', rate: '1/day', cooldown: { after: 5, within: '2d', for: '999ms' } },
    ['cooldown.within: from 1s to 1d', 'cooldown.for: from 1s to 30d'],
  ],
  ['V100 an octal quota', { by: 'ip', quota: '010/day' }, [QUOTA]],
  ['a quota per week', { by: 'ip', quota: '10/week' }, [QUOTA]],
  ['a quota that is a number', { by: 'ip', quota: 10 }, [QUOTA]],
  ['V100 an underscore in a rate', { by: 'ip', rate: '1_000/day' }, [RATE]],
  ['a rate of none', { by: 'ip', rate: '0/day' }, [RATE]],
  ['an unknown dimension', { by: 'user', rate: '1/day' }, [BY]],
  ['no dimension', { by: [], rate: '1/day' }, [BY]],
  ['a dimension twice', { by: ['ip', 'ip'], rate: '1/day' }, ['by: each dimension once']],
  ['a share of nothing', { by: 'ip', quota: '1/day', warn_at: ['0%'] }, ['warn_at.0: from 1% to 100%']],
  ['a share twice', { by: 'ip', quota: '1/day', warn_at: ['5%', '5%'] }, ['warn_at: each share once']],
] as const) {
  t.test(`refused: ${name}`, async (t) => t.strictSame(problems(settings), expected))
}

t.test('a quota that the rate can just reach is accepted', async (t) => {
  t.strictSame(problems({ by: 'ip', rate: '1/day', quota: '31/month' }), [])
})

t.test('cooldown, concurrent and on_store_error are read as written', async (t) => {
  const cooldown = { after: 5, within: '1m', for: '10m' }
  const limit = compiled({ by: 'ip', rate: '9/day', cooldown, concurrent: 7, on_store_error: 'deny' })
  t.match(limit, {
    cooldown: { after: 5, withinMs: 60_000, forMs: 600_000 },
    concurrent: 7,
    onStoreError: 'deny',
  })
  t.ok(Object.isFrozen(limit.cooldown))
})

t.test('`concurrent` alone is a limit, and so is a cooldown by address and route', async (t) => {
  t.match(compiled({ by: 'global', concurrent: 3 }), { windows: [], concurrent: 3 })
  const cooldown = { after: 5, within: '1m', for: '10m' }
  t.strictSame(problems({ by: ['ip', 'route'], rate: '9/day', cooldown }), [])
})

t.test('numbers that are none, or too small or large, are refused at their place', async (t) => {
  for (const concurrent of [0, -1, 1.5, '7', 100_001]) {
    t.match(problems({ by: 'ip', concurrent }), [/^concurrent: /])
  }
  for (const after of [0, 1.5, '5', 1001]) {
    const cooldown = { after, within: '1m', for: '10m' }
    t.match(problems({ by: 'ip', rate: '1/day', cooldown }), [/^cooldown\.after: /])
  }
  for (const cost of [0, 1_000_001, 2.5, '2']) t.notOk(costSchema.safeParse(cost).success)
  for (const cost of [1, 1_000_000]) t.ok(costSchema.safeParse(cost).success)
  t.match(problems({ by: 'ip', rate: '1/day', on_store_error: 'pass' }), [/^on_store_error: /])
})

t.test('an unknown key is refused', async (t) => {
  t.match(problems({ by: 'ip', rate: '1/day', per: 'day' }), [/per/])
})

t.test('every number and unit is read as written', async () => {
  const count = fc.integer({ min: 1, max: 999_999_999 })
  const unit = fc.constantFrom('day', 'month')
  await fc.assert(
    fc.asyncProperty(count, unit, async (max, unit) => {
      const [window] = compiled({ by: 'ip', quota: `${max}/${unit}` }).windows
      return window?.kind === 'calendar' && window.max === max && window.unit === unit
    }),
  )
})

t.test('a route names one limit or a list of them, or explicitly none', async (t) => {
  for (const list of ['public', ['authenticated', 'plan'], []]) t.same(limitListSchema.parse(list), list)
})

const NAME = 'write 1 to 64 of letters, digits and _ . -, a letter or digit first'
const LIST = 'write the name of a limit, or a list of at most 16 names'

for (const [list, message] of [
  [7, LIST],
  [{ a: 1 }, LIST],
  ['a b', NAME],
  ['', NAME],
  [['a:b'], NAME],
  [Array.from({ length: 17 }, (_, i) => `a${i}`), LIST],
] as const) {
  t.test(`refused as a list of limits: ${JSON.stringify(list).slice(0, 20)}`, async (t) => {
    t.match(limitListSchema.safeParse(list).error?.issues, [{ message }])
  })
}

t.test('limit_headers are one of three words', async (t) => {
  for (const word of ['ietf', 'both', 'off']) t.equal(limitHeadersSchema.parse(word), word)
  t.notOk(limitHeadersSchema.safeParse('draft').success)
})

t.test('every setting is described, with an example', async (t) => {
  for (const [key, field] of Object.entries(limitSettingsSchema.shape)) {
    t.ok(field.meta()?.description && field.meta()?.examples, key)
  }
  t.ok(limitListSchema.meta()?.description)
  t.ok(z.toJSONSchema(limitSettingsSchema, { io: 'input' }))
})
