import fc from 'fast-check'
import t from 'tap'
import { HOP_BY_HOP, ownReplyFields, replyFields } from '../../src/core/headers.ts'
import type { ReplyPlan } from '../../src/core/policy.ts'
import { forwarded, pairsOf, policyOf, REPLY_DROPPED, randomCase, valuesOf } from './deciding.ts'

const PLAN: ReplyPlan = {
  drop: new Set([...REPLY_DROPPED, 'x-frame-options']),
  set: ['x-frame-options', 'DENY'],
}
const LEARNED = ['access-control-allow-origin', 'https://shop.example.com', 'vary', 'Origin']
const ID = '0'.repeat(32)

const decision = forwarded(
  {},
  { replyHeaders: LEARNED },
  { decisionFields: [({ outcome }) => ['x-outcome', outcome], () => ['x-second', '2']] },
)
const replied = (fields: string[]): string[] => replyFields(decision, fields, PLAN)
const OURS = [...PLAN.set, ...['x-request-id', ID], ...LEARNED, ...['x-outcome', 'forward', 'x-second', '2']]

t.test('the client gets what is ours and then what the upstream sent', async (t) => {
  t.strictSame(
    replied(['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Vary', 'Accept']),
    [...OURS, 'Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Vary', 'Accept'],
  )
})

t.test('V91: hop-by-hop fields and those that Connection names are stripped', async (t) => {
  const fields = replied([
    ...[
      'X-Int',
      '1',
      'Connection',
      'X-Int',
      'Keep-Alive',
      'timeout=5',
      'Upgrade',
      'h2c',
      'Proxy-Authenticate',
      'Basic',
    ],
    ...['CONNECTION', 'close,\tx-more', 'X-More', '2', 'Trailer', 'x-t', 'x-end', '3'],
  ])
  t.strictSame(fields, [...OURS, 'x-end', '3'])
})

t.test('V91: the upstream cannot take away or double what is ours', async (t) => {
  const fields = replied([
    'Connection',
    'x-request-id, x-frame-options, vary',
    'X-Frame-Options',
    'ALLOW',
    'X-Request-ID',
    'evil',
  ])
  t.strictSame(fields, OURS)
})

t.test('the software of the upstream is not told', async (t) => {
  t.strictSame(replied(['Server', 'legacy/1.0', 'X-Powered-By', 'PHP']), OURS)
})

t.test('a field whose name is only as long as Connection names nothing', async (t) => {
  t.strictSame(replied(['x-connecti', 'x-a', 'x-a', '1']), [...OURS, 'x-connecti', 'x-a', 'x-a', '1'])
})

t.test('a reply of our own ends with its own fields', async (t) => {
  t.strictSame(ownReplyFields(decision, PLAN, ['retry-after', '3']), [...OURS, 'retry-after', '3'])
})

t.test('a reply that no route stands behind has what is ours as well', async (t) => {
  const { reply } = policyOf(null)
  t.strictSame(ownReplyFields({ ...decision, route: null, replyFields: [] }, reply, []), ['x-request-id', ID])
})

const token = fc.stringMatching(/^[a-z]{1,3}$/).map((name) => `x-${name}`)
const name = fc
  .oneof(token, fc.constantFrom(...HOP_BY_HOP, 'server', 'set-cookie', 'x-request-id', 'x-frame-options'))
  .chain(randomCase)
const nominating = fc.tuple(
  fc.constantFrom('Connection', 'connection', 'CONNECTION'),
  fc
    .array(fc.oneof(name, fc.constantFrom('', 'close', ' keep-alive', 'x-request-id\t')))
    .map((names) => names.join(' ,')),
)
const field = fc.oneof(fc.tuple(name, fc.string({ maxLength: 4 })), nominating)

t.test(
  'V91: whatever the upstream sends, nothing hop-by-hop passes, and all of ours once in front',
  async () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 10 }), (fields) => {
        const nominated = new Set(
          fields
            .flatMap(([one, value]) =>
              one.toLowerCase() === 'connection' ? value.toLowerCase().split(',') : [],
            )
            .map((one) => one.trim()),
        )
        const wanted = fields.filter(
          ([one]) => !PLAN.drop.has(one.toLowerCase()) && !nominated.has(one.toLowerCase()),
        )
        return JSON.stringify(replied(fields.flat())) === JSON.stringify([...OURS, ...wanted.flat()])
      }),
      { numRuns: 1000 },
    )
  },
)

t.test('V91: a field set once by us is there once', async (t) => {
  const fields = replied(pairsOf(OURS).flatMap(([one]) => [one.toUpperCase(), 'evil']))
  t.strictSame(valuesOf(fields, 'x-request-id'), [ID])
  t.strictSame(valuesOf(fields, 'x-frame-options'), ['DENY'])
})
