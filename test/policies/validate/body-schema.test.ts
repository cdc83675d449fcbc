import t from 'tap'
import { compileBodySchema } from '../../../src/policies/validate/body-schema.ts'

const compile = (schema: unknown) => compileBodySchema(JSON.stringify(schema))

t.test('a body that fits has no problem, another one has its place named', async (t) => {
  const judge = compile({
    type: 'object',
    properties: { items: { type: 'array', items: { type: 'object', required: ['id'] } } },
  })
  t.equal(judge({ items: [{ id: 1 }] }), null)
  t.equal(judge({ items: [{ id: 1 }, {}] }), "body/items/1 must have required property 'id'")
})

t.test('a problem is told in bounded length', async (t) => {
  const judge = compile({ additionalProperties: { type: 'string' } })
  t.equal(judge({ ['x'.repeat(10_000)]: 1 })?.length, 300)
})

t.test('V101: a pattern takes time linear in the text', async (t) => {
  const judge = compile({ type: 'string', pattern: '^(a+)+$' })
  t.equal(judge('a'.repeat(500_000)), null)
  t.match(judge(`${'a'.repeat(500_000)}!`), /must match pattern/)
})

t.test('patterns of one schema are told apart', async (t) => {
  const judge = compile({
    properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } },
    patternProperties: { '^x-': { type: 'string' } },
    additionalProperties: false,
  })
  t.equal(judge({ a: 'a', b: 'b', 'x-c': 'c' }), null)
  t.match(judge({ a: 'b' }), /a must match pattern "\^a\$"/)
  t.match(judge({ b: 'a' }), /b must match pattern "\^b\$"/)
  t.match(judge({ c: 'c' }), /must NOT have additional properties/)
})

t.test('patterns are those of JavaScript', async (t) => {
  const judge = compile({ type: 'string', pattern: '^\\u00e9\\/\\d{1,3}\\p{L}$' })
  t.equal(judge('é/12ß'), null)
  t.match(judge('é/12'), /pattern/)
})

t.test('only own members count', async (t) => {
  const judge = compile({ type: 'object', required: ['constructor'] })
  t.match(judge({}), /required property 'constructor'/)
})

t.test('formats are judged, up to a length', async (t) => {
  const uri = compile({ type: 'string', format: 'uri' })
  t.equal(uri('https://a.example/b'), null)
  t.match(uri('a b'), /format/)
  t.match(uri(`https://a.example/${'b'.repeat(1024)}`), /format/)
  const email = compile({ type: 'string', format: 'email' })
  t.equal(email('a@b.example'), null)
  t.match(email('a'), /format/)
  t.match(email(`${'a'.repeat(1024)}@b.example`), /format/)
  t.equal(compile({ type: 'string', format: 'date' })('2024-02-29'), null)
  t.match(compile({ type: 'string', format: 'date' })('2023-02-29'), /format/)
  t.match(compile({ type: 'integer', format: 'int32' })(2 ** 31), /format/)
})

t.test('draft-07 is spoken where the schema says so', async (t) => {
  const judge = compile({ $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] })
  t.equal(judge(['a', 1]), null)
  t.match(judge([1]), /body\/0 must be string/)
})

t.test('draft 2020-12 is the default', async (t) => {
  for (const more of [{}, { $schema: 'https://json-schema.org/draft/2020-12/schema' }]) {
    t.match(compile({ ...more, prefixItems: [{ type: 'string' }] })([1]), /body\/0 must be string/)
  }
})

t.test('a schema may refer to itself', async (t) => {
  const judge = compile({ $defs: { id: { type: 'integer' } }, properties: { id: { $ref: '#/$defs/id' } } })
  t.match(judge({ id: 'a' }), /id must be integer/)
})

t.test('too many items are refused before they are compared', async (t) => {
  const judge = compile({ type: 'array', uniqueItems: true, maxItems: 1000 })
  t.match(judge(Array.from({ length: 50_000 }, (_, id) => ({ id }))), /NOT have more than 1000 items/)
  t.match(judge([{ a: 1 }, { a: 1 }]), /duplicate/)
})

for (const [name, schema, message] of [
  ['another server', { $ref: 'https://evil.example/s.json' }, /can't resolve reference/],
  ['another file', { $ref: 'other.json' }, /can't resolve reference/],
  ['an unknown dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, /\$schema may be/],
  ['a dialect that is no text', { $schema: 7 }, /\$schema may be/],
  ['an unknown keyword', { requierd: ['a'] }, /unknown keyword: "requierd"/],
  ['an unknown format', { format: 'e-mail' }, /unknown format "e-mail"/],
  ['a format that backtracks', { format: 'url' }, /unknown format "url"/],
  ['a wrong type', { type: 'text' }, /type/],
  ['look-ahead', { pattern: '(?=a)' }, /unsupported/],
  ['a back-reference', { pattern: '(a)\\1' }, /invalid escape/],
  [
    'unique items without a bound',
    { properties: { a: { uniqueItems: true } } },
    /uniqueItems needs maxItems/,
  ],
  ['unique items with a large bound', { allOf: [{ uniqueItems: true, maxItems: 1001 }] }, /needs maxItems/],
  ['an asynchronous schema', { $async: true }, /\$async is not supported/],
  ['true', true, /a schema is an object/],
  ['a list', [], /a schema is an object/],
  ['null', null, /a schema is an object/],
] as const) {
  t.test(`not taken as a schema: ${name}`, async (t) => {
    t.throws(() => compile(schema), { message })
  })
}

t.test('a schema that is no JSON is not taken', async (t) => {
  t.throws(() => compileBodySchema('type: object'), { message: 'not JSON' })
})
