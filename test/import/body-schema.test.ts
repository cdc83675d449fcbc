import t from 'tap'
import { compileBodySchema } from '../../src/policies/validate/body-schema.ts'
import { documentOf, REPLIES, taken } from './documents.ts'

interface Case {
  readonly name: string
  readonly schema: unknown
  readonly fits: readonly unknown[]
  readonly refused: readonly unknown[]
  readonly version?: string
  readonly schemas?: object
  /** What the policy says of it. */
  readonly told?: RegExp
}

const TREE = {
  type: 'object',
  required: ['name'],
  properties: { name: {}, kids: { items: { $ref: '#/components/schemas/Tree' } } },
}
const OLD = '3.0.3'

const CASES: readonly Case[] = [
  {
    name: 'a schema that holds itself',
    schema: { $ref: '#/components/schemas/Tree' },
    schemas: { Tree: TREE },
    fits: [{ name: 1, kids: [{ name: 2, kids: [] }] }],
    refused: [{ name: 1, kids: [{}] }],
  },
  {
    name: 'two schemas of one name in other places',
    schema: {
      properties: {
        a: { $ref: '#/components/schemas/A' },
        b: { $ref: '#/components/schemas/X/properties/A' },
      },
    },
    schemas: { A: { type: 'string' }, X: { properties: { A: { type: 'number' } } } },
    fits: [{ a: 'x', b: 1 }],
    refused: [{ a: 1 }, { b: 'x' }],
  },
  {
    name: 'nullable of 3.0',
    version: OLD,
    schema: { type: 'string', nullable: true, enum: ['a'] },
    fits: ['a', null],
    refused: ['b', 1],
  },
  {
    name: 'nullable without a type',
    version: OLD,
    schema: { nullable: true, allOf: [{ type: 'string' }] },
    fits: ['a', null],
    refused: [1],
  },
  {
    name: 'exclusive bounds of 3.0',
    version: OLD,
    schema: { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false },
    fits: [2, 5],
    refused: [1, 6],
  },
  {
    name: 'words beside a reference count in 3.1',
    schema: { $ref: '#/components/schemas/S', maxLength: 1 },
    schemas: { S: { type: 'string' } },
    fits: ['a'],
    refused: ['ab', 1],
  },
  {
    name: 'and not in 3.0',
    version: OLD,
    schema: { $ref: '#/components/schemas/S', maxLength: 1 },
    schemas: { S: { type: 'string' } },
    fits: ['ab'],
    refused: [1],
  },
  {
    name: 'what only the API sets is not required',
    schema: {
      required: ['id', 'at', 'name'],
      properties: { id: { readOnly: true }, at: { $ref: '#/components/schemas/At' }, name: {} },
    },
    schemas: { At: { type: 'string', readOnly: true } },
    fits: [{ name: 1 }],
    refused: [{ id: 1 }],
  },
  {
    name: 'read-only in one branch of allOf, required in another (I5)',
    schema: {
      allOf: [
        { $ref: '#/components/schemas/Base' },
        { properties: { id: { readOnly: true } } },
        { required: ['id', 'name'] },
      ],
    },
    schemas: { Base: { type: 'object', required: ['id', 'at'], properties: { at: {} } } },
    fits: [{ name: 1, at: 1 }],
    refused: [{ name: 1 }, { at: 1 }],
  },
  {
    name: 'the same in 3.0, and the schema by itself still asks for it',
    version: OLD,
    schema: {
      required: ['id', 'base'],
      allOf: [{ $ref: '#/components/schemas/Base' }],
      properties: {
        id: { allOf: [{ type: 'string' }], readOnly: true },
        base: { $ref: '#/components/schemas/Base' },
      },
    },
    schemas: { Base: { type: 'object', required: ['id'] } },
    fits: [{ base: { id: 1 } }],
    refused: [{ base: {} }, { id: 'x' }],
  },
  {
    name: 'read-only in one alternative only',
    schema: {
      required: ['kind'],
      oneOf: [
        { properties: { kind: { const: 'a' }, id: { readOnly: true } }, required: ['id'] },
        { properties: { kind: { const: 'b' }, id: {} }, required: ['id'] },
      ],
    },
    fits: [{ kind: 'a' }, { kind: 'b', id: 1 }],
    refused: [{ kind: 'b' }],
  },
  {
    name: 'conditions stay as they are written',
    schema: {
      properties: { id: { readOnly: true } },
      if: { required: ['id'] },
      ...Object.fromEntries([['then', { required: ['x'] }]]),
      not: { required: ['id', 'y'], properties: { id: { readOnly: true } } },
    },
    fits: [{}, { y: 1 }, { id: 1, x: 1 }],
    refused: [{ id: 1 }, { id: 1, x: 1, y: 1 }],
  },
  {
    name: 'a property that is read-only beside its reference',
    schema: { required: ['id'], properties: { id: { $ref: '#/components/schemas/Id', readOnly: true } } },
    schemas: { Id: { type: 'string' } },
    fits: [{}],
    refused: [{ id: 1 }],
  },
  {
    name: 'a pattern that RE2 does not have',
    schema: { type: 'string', pattern: '^(?=a)' },
    fits: ['b'],
    refused: [1],
    told: /`pattern: \^\(\?=a\)` is left out/,
  },
  {
    name: 'a format that nobody knows',
    schema: { type: 'string', format: 'of-mine' },
    fits: ['b'],
    refused: [1],
    told: /`format: of-mine` is left out/,
  },
  {
    name: 'unique items without a bound',
    schema: { type: 'array', uniqueItems: true },
    fits: [[1, 1]],
    refused: [1],
    told: /`uniqueItems` without a small `maxItems` is left out/,
  },
  {
    name: 'unique items with a bound',
    schema: { type: 'array', uniqueItems: true, maxItems: 5 },
    fits: [[1, 2]],
    refused: [[1, 1]],
  },
  {
    name: 'words that only tell',
    schema: {
      type: 'object',
      example: 1,
      xml: {},
      discriminator: { propertyName: 'a' },
      'x-mine': 1,
      title: 'T',
    },
    fits: [{}],
    refused: [1],
  },
  { name: 'everything', schema: true, fits: [1, {}], refused: [] },
  { name: 'nothing', schema: false, fits: [], refused: [1, {}] },
]

for (const { name, schema, schemas = {}, version = '3.1.0', fits, refused, told } of CASES) {
  t.test(`body: ${name}`, async (t) => {
    const requestBody = { required: true, content: { 'application/json': { schema } } }
    const document = documentOf(
      { '/a': { post: { ...REPLIES, requestBody } } },
      { components: { schemas } },
      version,
    )
    const { text, files } = await taken(document)
    const validate = compileBodySchema(files.get('./schemas/post-a.json') ?? '')
    for (const body of fits) t.equal(validate(body), null, `fits: ${JSON.stringify(body)}`)
    for (const body of refused) t.not(validate(body), null, `refused: ${JSON.stringify(body)}`)
    if (told !== undefined) t.match(text, told)
  })
}

const LEFT_OUT: readonly (readonly [name: string, content: object, why: RegExp])[] = [
  [
    'XML beside it',
    { 'application/json': { schema: {} }, 'text/xml': {} },
    /other media types than JSON.*text\/xml/,
  ],
  ['a form', { 'multipart/form-data': {} }, /other media types/],
  ['no schema', { 'application/json': {} }, /no schema for it/],
  [
    'two JSON types',
    { 'application/json': { schema: {} }, 'application/a+json': { schema: {} } },
    /several JSON media types/,
  ],
  ['a broken schema', { 'application/json': { schema: { type: 'strin' } } }, /it is not taken/],
  ['a dynamic reference', { 'application/json': { schema: { properties: 5 } } }, /it is not taken/],
]

for (const [name, content, why] of LEFT_OUT) {
  t.test(`no body schema: ${name}`, async (t) => {
    const { text, files } = await taken(
      documentOf({ '/a': { post: { ...REPLIES, requestBody: { content } } } }),
    )
    t.equal(files.size, 0)
    t.match(text, why)
  })
}

t.test('a body that may be absent is told, for the route does not let it', async (t) => {
  const requestBody = { content: { 'application/json': { schema: {} } } }
  const { text } = await taken(documentOf({ '/a': { post: { ...REPLIES, requestBody } } }))
  t.match(text, /# the document lets the body be absent, this route does not/)
})
