import t from 'tap'
import { compileBodySchema } from '../../src/policies/validate/body-schema.ts'
import { documentOf, REPLIES, taken } from './documents.ts'

t.test('a server of its own is told at the route: its host is not the upstream', async (t) => {
  const servers = [{ url: 'https://other.example/v9' }]
  const paths = {
    '/a': { get: { ...REPLIES, servers } },
    '/b': { servers, get: REPLIES, post: { ...REPLIES, servers: [{ url: '/v3' }] } },
    '/c': { get: { ...REPLIES, servers: [{ url: 'https://api.example/v2' }] } },
  }
  const { text } = await taken(documentOf(paths, { servers: [{ url: 'https://api.example/v1' }] }))
  const told = (id: string) =>
    /# the document has it at (\S+),[^\n]*\n {2}- id: ID\n/.source.replace('ID', id)
  t.match(text, new RegExp(told('get-a')))
  t.match(text, new RegExp(told('get-b')))
  t.equal(text.split('the document has it at https://other.example,').length - 1, 2)
})

t.test('data of the document that looks like a reference is none', async (t) => {
  const data = { $ref: 'other.json', $id: 'x' }
  const schema = {
    type: 'object',
    example: data,
    examples: [data],
    default: data,
    required: ['kind'],
    properties: {
      example: { $ref: '#/components/schemas/Kind' },
      kind: { enum: [data, 1] },
      one: { const: data },
    },
  }
  const content = { 'application/json': { schema, examples: { some: { value: data } } } }
  const paths = { '/a': { post: { ...REPLIES, requestBody: { required: true, content } } } }
  const { files } = await taken(documentOf(paths, { components: { schemas: { Kind: { type: 'string' } } } }))
  const validate = compileBodySchema(files.get('./schemas/post-a.json') ?? '')
  t.equal(validate({ kind: data, example: 'x', one: data }), null)
  t.not(validate({ kind: 2 }), null)
  t.not(validate({ kind: 1, example: 1 }), null)
})
