import fc from 'fast-check'
import t from 'tap'
import { documentOf, driftBetween, outlined, REPLIES, taken } from './documents.ts'

const RUNS = Number(process.env.SALLYPORT_IMPORT_RUNS ?? 60)

const segment = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'v1',
    '{id}',
    '{x}',
    '{x}.json',
    'a:b',
    '{id}:do',
    '{a}-{b}',
    '*',
    'a+b',
    'ü',
    '%41',
    'a b',
    '${env:HOME}',
  ),
  fc.string({ maxLength: 6 }).map((text) => text.replaceAll('/', '')),
)
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
const requirement = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.array(fc.constantFrom('r', 'w'), { maxLength: 2 }),
  {
    maxKeys: 2,
  },
)
const schema = fc.oneof(
  fc.constantFrom<object>(
    { type: 'object', properties: { a: { type: 'string', pattern: '^(?!x)' } } },
    { $ref: '#/components/schemas/Tree' },
    { type: 'array', uniqueItems: true },
    { type: 'string', format: 'of-mine' },
  ),
  fc.object({ maxDepth: 3, withNullPrototype: false }),
)
const operation = fc.record(
  {
    operationId: fc.string({ minLength: 1, maxLength: 20 }),
    security: fc.array(requirement, { maxLength: 3 }),
    requestBody: fc.record({
      content: fc.dictionary(
        fc.constantFrom('application/json', 'application/problem+json', 'text/plain'),
        fc.record({ schema }),
        { minKeys: 1, maxKeys: 2 },
      ),
    }),
  },
  { requiredKeys: [] },
)
const method = fc.constantFrom('get', 'put', 'post', 'delete', 'options', 'head', 'patch')
const paths = fc.dictionary(path, fc.dictionary(method, operation, { minKeys: 1, maxKeys: 3 }), {
  minKeys: 1,
  maxKeys: 6,
})

const COMPONENTS = {
  securitySchemes: {
    a: { type: 'apiKey', in: 'header', name: 'x-a' },
    b: { type: 'http', scheme: 'bearer' },
    c: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' },
  },
  schemas: {
    Tree: {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
    },
  },
}

t.test(
  'whatever a document says, the policy of it compiles, and both agree on what is not left out',
  async (t) => {
    let agreed = 0
    const property = fc.asyncProperty(paths, async (written) => {
      const withReplies = Object.fromEntries(
        Object.entries(written).map(([path, item]) => {
          const operations = Object.entries(item).map(([name, one]) => [name, { ...one, ...REPLIES }])
          return [path, Object.fromEntries(operations)]
        }),
      )
      const document = documentOf(withReplies, { components: COMPONENTS })
      const imported = await taken(document).catch((error: Error) => error.message)
      if (typeof imported === 'string')
        return /nothing to make a route of|no valid OpenAPI|leads|is no name/.test(imported)
      const { outline, problems } = outlined(imported.text, imported.files)
      if (outline === null) throw new Error(JSON.stringify(problems))
      if (imported.leftOut.length > 0) return true
      agreed++
      const drift = await driftBetween(imported.text, document, imported.files)
      // One segment of a template can match what another route serves: then it is that route's operation, too.
      return drift.every(({ code }) => code !== 'operation-not-served' && code !== 'method-not-served')
    })
    await fc.assert(property, { numRuns: RUNS })
    t.ok(agreed > RUNS / 10, `${agreed} without anything left out`)
  },
)
