import t from 'tap'
import type { Facts } from '../../../src/core/facts.ts'
import type { Pass, Refuse, Verdict } from '../../../src/core/verdict.ts'
import { decideValidate } from '../../../src/policies/validate/decide.ts'
import { validate } from '../../../src/policies/validate/index.ts'
import { contextWith, envWith, outcomeOf, portsWith, runCheck } from '../request.ts'

const SCHEMA = JSON.stringify({ type: 'object', required: ['id'], properties: { id: { type: 'integer' } } })
const JSON_TYPE = ['content-type', 'application/json']

function partOf(settings: unknown) {
  return validate.compile(validate.schema.parse(settings), envWith({ readText: () => SCHEMA }))
}

async function ask(settings: unknown, facts: Partial<Facts>, body?: string): Promise<Verdict> {
  const bytes = body === undefined ? undefined : new TextEncoder().encode(body)
  const read = bytes && ((maxBytes: number) => (bytes.length > maxBytes ? null : bytes))
  const ports = portsWith(read === undefined ? {} : { body: read })
  return runCheck(partOf(settings), 'validate', contextWith(facts), ports)
}

/** A POST with a body, judged by the schema. */
async function post(
  body: string,
  fields: readonly string[] = JSON_TYPE,
  more: object = {},
): Promise<Verdict> {
  const settings = { body: './order.json', ...more }
  return ask(settings, { method: 'POST', fields, bodyBytes: body.length }, body)
}

t.test('without settings nothing is asked', async (t) => {
  t.strictSame(validate.compile(undefined, envWith()), {})
})

t.test('V84: a declared length over the bound is refused before a byte is read', async (t) => {
  t.equal(outcomeOf(await ask({ max_body: '1KB' }, { method: 'POST', bodyBytes: 1025 })), 'body_too_large')
  t.equal(outcomeOf(await ask({ max_body: '1KB' }, { method: 'POST', bodyBytes: 1024 })), 'pass')
  t.equal(outcomeOf(await ask({ body: 'a', max_body: '1KB' }, { bodyBytes: 10 ** 10 })), 'body_too_large')
})

t.test('V84: a body of undeclared length is bounded where it is streamed', async (t) => {
  const verdict = (await ask({ max_body: '1KB' }, { method: 'POST', bodyBytes: null })) as Pass
  t.strictSame(verdict.learned, { maxBodyBytes: 1024 })
})

t.test('without max_body and body there is no bound', async (t) => {
  t.equal(((await ask({ query: {} }, { bodyBytes: null })) as Pass).learned, null)
  t.equal(outcomeOf(await ask({ query: {} }, { bodyBytes: 10 ** 12 })), 'pass')
})

t.test('a bad query is refused before the body is read', async (t) => {
  const facts = { method: 'POST', fields: JSON_TYPE, bodyBytes: 8, query: '?b=1' }
  t.equal(outcomeOf(await ask({ body: 'a', query: { allowed: ['a'] } }, facts)), 'query_invalid')
  t.equal(outcomeOf(await ask({ body: 'a', query: { allowed: ['b'] } }, facts, '{"id":1}')), 'pass')
})

t.test('a body that fits the schema passes', async (t) => {
  t.equal(outcomeOf(await post('{"id":1}')), 'pass')
})

t.test('one that does not is refused, and the operator is told where', async (t) => {
  const verdict = (await post('{"id":"1"}')) as Refuse
  t.equal(verdict.code, 'body_invalid')
  t.equal(verdict.why, 'body/id must be integer')
})

t.test('what is no JSON is refused', async (t) => {
  t.equal(outcomeOf(await post('id=1')), 'body_invalid')
  t.equal(outcomeOf(await post('{"id":1,"id":2}')), 'body_invalid')
})

t.test('a chunked body is read up to the bound, which is 1 MB by default', async (t) => {
  const facts = { method: 'POST', fields: JSON_TYPE, bodyBytes: null }
  t.equal(outcomeOf(await ask({ body: 'a', max_body: '8B' }, facts, '{"id":1}')), 'pass')
  t.equal(outcomeOf(await ask({ body: 'a', max_body: '7B' }, facts, '{"id":1}')), 'body_too_large')
  const bounds: number[] = []
  const ports = portsWith({
    body: (maxBytes) => {
      bounds.push(maxBytes)
      return null
    },
  })
  await runCheck(partOf({ body: 'a' }), 'validate', contextWith(facts), ports)
  t.strictSame(bounds, [1024 * 1024])
})

t.test('a request without a body passes where none is expected', async (t) => {
  t.equal(outcomeOf(await ask({ body: 'a' }, { method: 'GET' })), 'pass')
  for (const method of ['POST', 'PUT', 'PATCH']) {
    t.equal(outcomeOf(await ask({ body: 'a' }, { method })), 'body_invalid')
  }
})

t.test('V17: a body is judged whatever the method', async (t) => {
  const facts = { method: 'DELETE', fields: JSON_TYPE, bodyBytes: 2 }
  t.equal(outcomeOf(await ask({ body: 'a' }, facts, '{}')), 'body_invalid')
})

for (const type of [
  'application/json',
  'Application/JSON; charset=UTF-8',
  'application/json;charset="utf-8"',
  'application/merge-patch+json',
]) {
  t.test(`${type} is JSON`, async (t) =>
    t.equal(outcomeOf(await post('{"id":1}', ['Content-Type', type])), 'pass'),
  )
}

for (const fields of [
  [],
  ['content-type', 'text/plain'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'application/json, text/plain'],
  ['content-type', 'application/jsonp'],
  ['content-type', ''],
  [...JSON_TYPE, 'Content-Type', 'text/plain'],
  [...JSON_TYPE, 'content-encoding', 'gzip'],
  [...JSON_TYPE, 'content-encoding', 'identity'],
]) {
  t.test(`${JSON.stringify(fields)} is refused unread`, async (t) => {
    const facts = { method: 'POST', fields, bodyBytes: 8 }
    t.equal(outcomeOf(await ask({ body: 'a' }, facts)), 'media_type_refused')
  })
}

t.test('a schema that is missing or of no use is a problem with its name', async (t) => {
  const env = envWith()
  validate.compile({ body: './none.json' }, env)
  validate.compile({ body: './bad.json' }, { ...env, readText: () => '{"type":"text"}' })
  validate.compile(
    { body: './odd.json' },
    {
      ...env,
      readText: () => {
        throw 'odd'
      },
    },
  )
  t.match(env.problems, [
    { path: ['body'], message: './none.json: no such file: ./none.json' },
    { path: ['body'], message: /^\.\/bad\.json: schema is invalid/ },
    { path: ['body'], message: './odd.json: odd' },
  ])
})

t.test('a failure of the gate itself is not taken for a bad body', async (t) => {
  const broken = () => {
    throw new TypeError('broken')
  }
  const ports = portsWith({ body: () => new TextEncoder().encode('{}') })
  const context = contextWith({ method: 'POST', fields: JSON_TYPE, bodyBytes: 2 })
  const plan = { query: null, maxBytes: 10, body: broken }
  await t.rejects(async () => decideValidate(plan, context, ports), new TypeError('broken'))
})

for (const settings of [{ max_body: 1024 }, { max_body: '1 MB' }, { body: '' }, { bodies: 'a' }]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(validate.schema.safeParse(settings).success)
  })
}
