import t from 'tap'
import { ImportProblem } from '../../src/import/problem.ts'
import { documentOf, taken } from './documents.ts'

const REFUSED: readonly (readonly [name: string, text: string, why: RegExp])[] = [
  ['a list', '[]', /is a mapping/],
  ['no YAML', 'a: [', /neither JSON nor YAML/],
  ['Swagger 2.0', 'swagger: "2.0"', /Swagger 2\.0/],
  ['no version', 'info: {}', /3\.0\.x or 3\.1\.x/],
  [
    'an invalid document',
    JSON.stringify({ openapi: '3.1.0', info: {}, paths: {} }),
    /no valid OpenAPI 3\.1.*#\/info/,
  ],
  ['a document without operations', documentOf({}), /describes no operation/],
  [
    'another file',
    documentOf({ '/a': { $ref: './other.yaml#/a' } }),
    /leads out of the document, and nothing is fetched/,
  ],
  ['the network', documentOf({ '/a': { $ref: 'http://127.0.0.1:9/a.json' } }), /nothing is fetched/],
  ['a reference to nothing', documentOf({ '/a': { $ref: '#/nowhere' } }), /leads nowhere/],
  [
    'a prototype',
    documentOf({}, { components: { schemas: { A: { $ref: '#/constructor/prototype' } } } }),
    /leads nowhere/,
  ],
  ['__proto__', '{"openapi":"3.1.0","__proto__":{"x":1}}', /`__proto__` is no name/],
  ['itself', 'openapi: 3.1.0\na: &a [*a]', /holds itself|neither JSON nor YAML/],
  ['an alias bomb', `openapi: 3.1.0\n${bomb()}`, /neither JSON nor YAML/],
  ['an endless depth', `{"openapi":"3.1.0","x":${'['.repeat(5000)}${']'.repeat(5000)}}`, /deeper than 100/],
]

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`)
  return lines.join('\n')
}

for (const [name, text, why] of REFUSED) {
  t.test(`refused: ${name}`, async (t) => {
    const told = await taken(text).then(
      () => 'taken',
      (error: unknown) => (error instanceof ImportProblem ? error.message : error),
    )
    t.match(told, why)
  })
}

t.test('a document cannot reach the prototype of everything', async (t) => {
  const A = { $ref: '#/constructor/prototype', x: { $ref: '#/info' } }
  await t.rejects(taken(documentOf({}, { components: { schemas: { A } } })))
  t.notOk('x' in {})
})
