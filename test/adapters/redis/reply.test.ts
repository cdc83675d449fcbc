import fc from 'fast-check'
import t from 'tap'
import { chargeReply } from '../../../src/adapters/redis/reply.ts'
import { StoreError } from '../../../src/adapters/redis/store-error.ts'
import type { Charge } from '../../../src/core/limits.ts'
import { calendar, limitWith, sliding } from '../counters-contract/tools.ts'

const limit = limitWith('plan', [sliding(9, 1000), calendar(9, 'day')], [0.5, 0.8])
const open = limitWith('open', [])
const charge: Charge = { limit, key: 'plan', cost: 1 }
const charges = [charge, { limit: open, key: 'open', cost: 1 }]
const GOOD = [1_800_000_000_000, -1, 0, 0, 8, 500, 1, -1, 0, 0]

/** Each number of a good reply changed to one that cannot be. */
const WRONG: readonly (readonly [at: number, value: unknown])[] = [
  [0, 'now'],
  [1, 2],
  [1, -2],
  [1, 0.5],
  [2, 2],
  [2, -1],
  [3, 1],
  [4, -1],
  [4, 2 ** 60],
  [5, -1],
  [6, 2],
  [6, -1],
  [7, -2],
  [9, 1],
  [10, 1],
]

t.test('a good reply is read', async (t) => {
  t.strictSame(chargeReply([...GOOD, 0, 1], charges), {
    atMs: 1_800_000_000_000,
    result: {
      refused: -1,
      cause: 'window',
      retryAfterMs: 0,
      states: [
        { remaining: 8, resetMs: 500, window: 1 },
        { remaining: Number.POSITIVE_INFINITY, resetMs: 0, window: 0 },
      ],
      warnings: ['plan:80'],
    },
  })
})

for (const [at, value] of WRONG) {
  t.test(`number ${at} being ${value} is no reply`, async (t) => {
    const reply: unknown[] = [...GOOD]
    reply[at] = value
    t.throws(() => chargeReply(reply, charges), StoreError)
  })
}

t.test('what is not a list of the right length is no reply', async (t) => {
  const wrong = [
    null,
    'OK',
    7,
    {},
    [],
    GOOD.slice(0, 9),
    Array(5000).fill(0),
    [[...GOOD]],
    [...GOOD, 0, 2],
    [...GOOD, 1, 0],
  ]
  for (const reply of wrong) t.throws(() => chargeReply(reply, charges), StoreError)
})

const anything = fc.oneof(
  fc.anything(),
  fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger(), fc.double(), fc.string()), {
    maxLength: 14,
  }),
)

/** Always the same: what a server wrote is in no message. */
const MESSAGE = 'Redis answered something else than it was asked for'

t.test('whatever is answered, it is a StoreError or a result that makes sense', async () => {
  fc.assert(
    fc.property(anything, (reply) => {
      try {
        const { result } = chargeReply(reply, charges)
        const { refused, retryAfterMs, states } = result
        return refused < 2 && retryAfterMs > 0 === refused >= 0 && states.every((one) => one.remaining >= 0)
      } catch (error) {
        return error instanceof StoreError && error.message === MESSAGE
      }
    }),
    { numRuns: 2000 },
  )
})
