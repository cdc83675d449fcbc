import t from 'tap'
import type { Facts } from '../../../src/core/facts.ts'
import type { Unseen } from '../../../src/core/ports.ts'
import { validate } from '../../../src/policies/validate/index.ts'
import { contextWith, envWith, outcomeOf, portsWith, runCheck } from '../request.ts'

/** What comes of a message that is not at hand, and what had to be taken. */
async function judged(settings: unknown, facts: Partial<Facts>, said: string | null, bodyBytes = 0) {
  const part = validate.compile(
    validate.schema.parse(settings),
    envWith({ readText: () => '{"type":"object"}' }),
  )
  const taken: string[] = []
  const unseen: Unseen = { said, bodyBytes, taken: (how) => void taken.push(how) }
  const read = (): never => {
    throw new Error('there is no body to read')
  }
  const ports = { ...portsWith({ body: read }), unseen }
  const verdict = await runCheck(part, 'validate', contextWith(facts), ports)
  return [outcomeOf(verdict), ...taken]
}

const POST = { method: 'POST', bodyBytes: 20 }
const CHUNKED = { method: 'POST', bodyBytes: null }
const BOTH = { query: {}, body: './b.json' }

t.test('nothing that is not at hand is asked', async (t) => {
  t.strictSame(await judged({ max_body: '1KB' }, POST, null), ['pass'])
  t.strictSame(await judged({ max_body: '1KB' }, POST, 'query_invalid'), ['pass'])
  t.strictSame(await judged({ body: './b.json' }, {}, 'body_invalid'), ['pass'])
})

t.test('lengths are judged again', async (t) => {
  t.strictSame(await judged({ max_body: '10B' }, POST, 'pass'), ['body_too_large'])
  t.strictSame(await judged({ max_body: '10B' }, CHUNKED, 'pass', 11), ['body_too_large'])
  t.strictSame(await judged({ max_body: '10B' }, CHUNKED, 'pass', 10), ['pass'])
  t.strictSame(await judged({ max_body: '30B' }, POST, 'body_too_large'), ['pass'])
})

t.test('a body that has to be there is missed', async (t) => {
  t.strictSame(await judged({ body: './b.json' }, { method: 'POST' }, null), ['body_invalid'])
})

t.test('what was said is taken over', async (t) => {
  t.strictSame(await judged(BOTH, POST, 'pass'), ['pass', 'carried'])
  for (const code of ['query_invalid', 'body_invalid', 'media_type_refused']) {
    t.strictSame(await judged(BOTH, POST, code), [code, 'carried'])
  }
  t.strictSame(await judged({ query: {} }, {}, 'query_invalid'), ['query_invalid', 'carried'])
  t.strictSame(await judged({ query: {} }, POST, 'body_invalid'), ['pass', 'assumed'])
  t.strictSame(await judged({ body: './b.json' }, POST, 'query_invalid'), ['pass', 'assumed'])
})

t.test('what nobody looked at is taken to be good', async (t) => {
  t.strictSame(await judged(BOTH, POST, null), ['pass', 'assumed'])
  t.strictSame(await judged({ query: {} }, {}, null), ['pass', 'assumed'])
  t.strictSame(await judged({ body: './b.json' }, CHUNKED, 'skip'), ['pass', 'assumed'])
})
