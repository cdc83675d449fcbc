import fc from 'fast-check'
import t from 'tap'
import { JsonRefused, parseJson } from '../../../src/policies/validate/json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const parse = (text: string): unknown => parseJson(bytes(text))

t.test('what is no JSON is refused', async (t) => {
  for (const text of [
    '',
    '{',
    '{"a":1',
    '"',
    '"\\',
    '{"a\\x":1}',
    '[1,]',
    'NaN',
    "{'a':1}",
    '1 2',
    ']',
    '\ufeff{}',
  ]) {
    t.throws(() => parse(text), new JsonRefused('not JSON'), JSON.stringify(text))
  }
})

t.test('what is no UTF-8 is refused', async (t) => {
  t.throws(() => parseJson(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)), new JsonRefused('not UTF-8'))
  t.throws(() => parseJson(Uint8Array.of(0xff, 0xfe, 0x7b, 0x00)), new JsonRefused('not UTF-8'))
})

t.test('depth is bounded', async (t) => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  t.ok(parse(nested(64)))
  t.throws(() => parse(nested(65)), new JsonRefused('deeper than 64'))
  t.throws(() => parse(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`), new JsonRefused('deeper than 64'))
  t.throws(() => parse('['.repeat(1_000_000)), new JsonRefused('deeper than 64'))
})

t.test('many brackets side by side, or within text, are not deep', async (t) => {
  t.ok(parse(`[${'[],'.repeat(1000)}"${'['.repeat(1000)}\\"["]`))
})

t.test('a member twice is refused, however it is written', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"b":{"c":1},"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"a":1},{"b":1,"b":2}]',
    '{"a" :1,"a"\n\t\r:2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\"":1,"a\\u0022":2}',
  ]) {
    t.throws(() => parse(text), new JsonRefused('a member comes twice'), text)
  }
})

t.test('equal names in different objects, and equal texts that are no names, are fine', async (t) => {
  for (const text of [
    '{"a":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '["a","a",":"]',
    '{"a":{"b":1},"b":1}',
  ]) {
    t.strictSame(parse(text), JSON.parse(text), text)
  }
})

t.test('__proto__ is a member like any other', async (t) => {
  const value = parse('{"__proto__":{"admin":true}}') as Record<string, unknown>
  t.ok(Object.hasOwn(value, '__proto__'))
  t.equal(Object.getPrototypeOf(value), Object.prototype)
  t.equal(({} as Record<string, unknown>).admin, undefined)
})

t.test('every JSON value comes through as it is', async () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(4), (text, indent) => {
      const written = JSON.stringify(JSON.parse(text), null, indent)
      return JSON.stringify(parse(written)) === JSON.stringify(JSON.parse(text))
    }),
  )
})

t.test('whatever bytes come, the answer is a value or a refusal', async () => {
  const text = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '\\u0061', '1', ' '), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        text.map((parts) => bytes(parts.join(''))),
      ),
      (input) => {
        try {
          parseJson(input)
          return true
        } catch (error) {
          return error instanceof JsonRefused
        }
      },
    ),
  )
})
