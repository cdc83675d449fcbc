import Ajv2020 from 'ajv/dist/2020.js'
import t from 'tap'
import { CODES } from '../../src/core/codes.ts'
import { readText } from '../docs/markdown.ts'
import { adminScene, JSON_POST, policyText } from './scene.ts'

interface Operation {
  readonly summary?: string
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>
}
type Content = Readonly<Record<string, { readonly schema: object }>>

interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
  readonly security: readonly object[]
}

const RESOURCES = [
  'get /circuits',
  'get /health',
  'get /limits',
  'get /limits/{name}',
  'get /openapi.json',
  'get /policy',
  'get /policy/text',
  'get /report',
  'post /explain',
  'post /limits/{name}/reset',
  'post /policy/reload',
]

/** Of the orders that nothing cannot be said to. */
const BODIES: Readonly<Record<string, string>> = { '/explain': '{"target":"/open"}' }

/** A limit that takes no values to name its bucket. */
const WITH_LIMIT = policyText('limits: { all: { by: global, rate: 60/minute } }')

const operationsOf = ({ paths }: Document): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  )

t.test('the document is OpenAPI 3.1 and names every resource', async (t) => {
  const { ask } = await adminScene(t)
  const document: Document = JSON.parse((await ask('/openapi.json')).text)
  t.equal(document.openapi, '3.1.0')
  t.strictSame(document.security, [{ token: [] }])
  t.strictSame(
    operationsOf(document)
      .map(([name]) => name)
      .sort(),
    RESOURCES,
  )
})

t.test('each operation tells what it answers, in schemas that compile', async (t) => {
  const { ask } = await adminScene(t)
  const document: Document = JSON.parse((await ask('/openapi.json')).text)
  const ajv = new Ajv2020.default({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'doc', components: document.components })
  const statuses = new Set(Object.values(CODES).map(({ status }) => String(status)))
  for (const [name, { summary, responses }] of operationsOf(document)) {
    t.ok(summary, name)
    for (const wanted of ['200', '400', '401', '403', '415', '421', '429']) t.ok(responses[wanted], wanted)
    for (const [status, { description, content }] of Object.entries(responses)) {
      t.ok(status === '200' || statuses.has(status), `${name} ${status}`)
      t.ok(description, `${name} ${status}`)
      for (const { schema } of Object.values(content)) {
        const text = JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')
        t.doesNotThrow(() => ajv.compile(JSON.parse(text)))
      }
    }
  }
})

t.test('replies are what the document says', async (t) => {
  const { ask } = await adminScene(t, WITH_LIMIT)
  const document: Document = JSON.parse((await ask('/openapi.json')).text)
  const ajv = new Ajv2020.default({ strict: false, validateFormats: false })
  for (const [name, { responses }] of operationsOf(document)) {
    const [method = '', path = ''] = name.split(' ')
    const init = { ...JSON_POST, body: BODIES[path] ?? '' }
    const { status, text } = await ask(path.replace('{name}', 'all'), method === 'post' ? init : {})
    t.equal(status, 200, name)
    const schema = responses['200']?.content['application/json']?.schema
    if (schema !== undefined) t.ok(ajv.validate(schema, JSON.parse(text)), `${name} ${ajv.errorsText()}`)
  }
  const problem = document.components.schemas.problem
  t.ok(ajv.validate(problem ?? false, JSON.parse((await ask('/nothing')).text)), ajv.errorsText())
})

t.test('docs/admin.md tells of every resource and no other', async (t) => {
  const told = [...readText('docs/admin.md').matchAll(/^\| `(GET|POST) (\/[^`]*)` \|/gm)]
  t.strictSame(told.map(([, method = '', path]) => `${method.toLowerCase()} ${path}`).sort(), RESOURCES)
})
