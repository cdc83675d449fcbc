import fc from 'fast-check'
import t from 'tap'
import { formOf } from '../../../src/config/checks/pattern-form.ts'
import { checked, found, policyOf } from './checking.ts'

const NESTED = [
  '^(a+)+$',
  '(x+x+)+y',
  '(?:\\w+\\s?)*',
  '(.*,)+',
  '([a-z0-9]+[0-9])*',
  '(a*b*)+',
  '((ab)+)+',
  '(a{2,}){3,}',
  '(a|b+)+',
]
const PLAIN = [
  '^[a-z]+(-[a-z]+)*$',
  '^([a-z]+\\.)+[a-z]{2,}$',
  'a+b+',
  '(a+)?',
  '(a+){1,3}',
  '[(a+)+]',
  '\\(a+\\)+',
  '(a)+',
  '(?:ab)*c',
]

t.test('a repetition within a repetition is found where one text can be shared out among them', async (t) => {
  for (const pattern of NESTED) t.ok(formOf(pattern).isNested, pattern)
  for (const pattern of PLAIN) t.notOk(formOf(pattern).isNested, pattern)
})

t.test('a pattern is bounded when it is tried from one place and ends', async (t) => {
  for (const pattern of ['^[a-z]{1,64}$', '^a?b{2}', '^(?:ab){1,9}$'])
    t.ok(formOf(pattern).isBounded, pattern)
  for (const pattern of ['[a-z]{1,64}$', '^a+$', '^a|b', '^(?:a*){2}$', '^.{3,}$'])
    t.notOk(formOf(pattern).isBounded, pattern)
})

t.test('every text has a form, also what no engine takes', async (t) => {
  const piece = fc.constantFrom(
    'a',
    '(',
    ')',
    '[',
    ']',
    '*',
    '+',
    '?',
    '{2,}',
    '|',
    '\\',
    '^',
    '$',
    '.',
    '(?:',
    '(?P<n>',
    '{',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      (pieces) => typeof formOf(pieces.join('')).isNested === 'boolean',
    ),
    { numRuns: 2000 },
  )
  t.strictSame(
    formOf('(a+)+'.repeat(1000)),
    { isBounded: false, isNested: false },
    'nobody wrote that by hand',
  )
})

const withBody = (more = '') =>
  policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: key }',
    'routes:',
    '  - id: a',
    '    match: { path: /a, methods: [POST] }',
    '    validate:',
    '      body: ./body.json',
    more,
  )
const bodyOf = (schema: object) => ({ files: { './body.json': JSON.stringify(schema) } })
const textOf = (more: object) => bodyOf({ type: 'object', properties: { name: { type: 'string', ...more } } })

t.test('a large pattern on a long text is told where the schema is named', async (t) => {
  const pattern = '[ab]a[ab]{400}[cd]'
  t.strictSame(found(withBody(), textOf({ pattern })), ['8 pattern-slow'])
  t.match(checked(withBody(), textOf({ pattern })).problems, [
    { message: 'the pattern `[ab]a[ab]{400}[cd]` may take seconds' },
  ])
  t.strictSame(found(withBody(), textOf({ pattern, maxLength: 2000 })), [])
  t.strictSame(found(withBody('      max_body: 64KB'), textOf({ pattern })), [])
  t.strictSame(found(withBody(), textOf({ pattern: `^${pattern}$` })), [])
  t.strictSame(found(withBody(), textOf({ pattern: '^[a-z0-9._-]+@[a-z0-9.-]+$' })), [])
})

t.test('names of properties are texts of the body, too', async (t) => {
  t.strictSame(found(withBody(), bodyOf({ type: 'object', patternProperties: { 'a[ab]{400}[cd]': {} } })), [
    '8 pattern-slow',
  ])
})

t.test('what is data in a schema is no pattern', async (t) => {
  const pattern = 'a[ab]{400}[cd]'
  t.strictSame(
    found(withBody(), bodyOf({ const: { pattern }, enum: [{ pattern }], default: { pattern } })),
    [],
  )
})

t.test('one that engines which backtrack are slow with is told, and is no warning', async (t) => {
  const { problems } = checked(withBody(), textOf({ pattern: '^(a+)+$' }))
  t.match(problems, [{ code: 'pattern-backtracks', severity: 'info', line: 8 }])
})

t.test('patterns that need backtracking are refused when the file is read', async (t) => {
  for (const pattern of ['(?=a)b', '(a)\\1', '(?<=a)b', '(a{1000}){1000}']) {
    t.strictSame(found(withBody(), textOf({ pattern })), ['8 invalid-policy'], pattern)
  }
  const path = policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'routes: [{ id: a, match: { path: "/:x(a+)+" }, auth: key, upstream: api }]',
  )
  t.strictSame(found(path), ['3 invalid-policy'])
})
