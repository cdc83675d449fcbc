import t from 'tap'
import { documentOf, driftBetween, outlined, REPLIES, routeText, taken } from './documents.ts'

const PETS = `
openapi: 3.0.3
info: { title: Pets, version: "1.2" }
servers: [{ url: "https://api.example.com/{v}", variables: { v: { default: v1 } } }]
security: [{ ApiKey: [] }]
paths:
  /pets:
    get: { operationId: listPets, responses: { "200": { description: ok } } }
    post:
      operationId: createPet
      security: [{ ApiKey: [] }, { Login: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } }
      responses: { "201": { description: ok } }
  /pets/{petId}:
    parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getPet, security: [], responses: { "200": { description: ok } } }
    delete: { security: [{ OAuth: [pets.admin] }], responses: { "204": { description: ok } } }
    trace: { responses: { "200": { description: ok } } }
components:
  securitySchemes:
    ApiKey: { type: apiKey, in: header, name: X-Pets-Key }
    Login: { type: http, scheme: basic }
    OAuth:
      type: oauth2
      flows: { implicit: { authorizationUrl: "https://id.example.com", scopes: { pets.admin: all } } }
  schemas:
    Pet: { type: object, required: [id, name], properties: { id: { type: integer, readOnly: true }, name: { type: string } } }
`

t.test('a document becomes routes, each with the operation it comes from', async (t) => {
  const { text, files, leftOut } = await taken(PETS)
  const { outline } = outlined(text, files)
  t.match(
    outline?.routes.map(({ id, match, auth, allow, stripPrefix }) => ({
      id,
      match,
      auth,
      allow,
      stripPrefix,
    })),
    [
      {
        id: 'list-pets',
        match: { path: '/v1/pets', methods: ['GET', 'HEAD'] },
        auth: ['api-key'],
        stripPrefix: '',
      },
      { id: 'create-pet', match: { path: '/v1/pets', methods: ['POST'] }, auth: ['api-key', 'login'] },
      { id: 'get-pet', match: { path: '/v1/pets/:petId', methods: ['GET', 'HEAD'] }, auth: ['none'] },
      {
        id: 'delete-pets-pet-id',
        match: { methods: ['DELETE'] },
        auth: ['key'],
        allow: { scopes: ['pets.admin'] },
      },
    ],
  )
  t.equal(outline?.routes.length, 4)
  t.match(outline?.authenticators, {
    'api-key': ['header:x-pets-key'],
    login: ['basic'],
    key: ['header:x-api-key'],
  })
  t.strictSame(outline?.upstreams.api?.origins, ['https://api.example.com'])
  for (const line of [
    '# listPets, #/paths/~1pets/get',
    'auth: none # `security` asks for nothing',
    'mode: report',
  ]) {
    t.ok(text.includes(line), line)
  }
  t.match(text, /oauth2: tokens cannot be judged yet/)
  t.strictSame(leftOut, ['#/paths/~1pets~1{petId}/trace: TRACE is never served'])
})

t.test('JSON and YAML are the same', async (t) => {
  const document = documentOf({ '/a': { get: REPLIES } })
  t.equal((await taken(document)).text, (await taken(`# YAML\n${document}`)).text)
})

t.test('an upstream with a path takes the place of the server, the base path is cut off', async (t) => {
  const { text, files } = await taken(PETS, 'http://127.0.0.1:3000/api')
  const { outline } = outlined(text, files)
  t.match(outline?.upstreams.api, { origins: ['http://127.0.0.1:3000'], basePath: '/api' })
  t.match(outline?.routes[0], { match: { path: '/v1/pets' }, stripPrefix: '/v1' })
  const without = outlined((await taken(PETS, 'http://127.0.0.1:3000')).text, files).outline
  t.match(without?.routes[0], { match: { path: '/v1/pets' }, stripPrefix: '' })
})

const TEMPLATES: readonly (readonly [template: string, path: string])[] = [
  ['/', '/'],
  ['/a/', '/a/'],
  ['/a:b', '/a::b'],
  ['/v{n}/x', '/v:n/x'],
  ['/f/{name}.json', '/f/:name.json'],
  ['/f/{file-name}', '/f/:file_name'],
  ['/f/{id}:cancel', '/f/:id'],
  ['/f/{id}abc', '/f/:id'],
  ['/f/{a}...{b}', '/f/:a'],
  ['/f/*', '/f/:segment'],
  ['/f/a+b', '/f/:segment'],
  ['/f/a b', '/f/a%20b'],
  ['/f/ü', '/f/%C3%BC'],
  ['/{id}/{id}', '/:id/:id2'],
  ['/f/{}', '/f/:id'],
  ['/{/}', '/%7B/}'],
]

for (const [template, wanted] of TEMPLATES) {
  t.test(`${template} becomes ${wanted}`, async (t) => {
    const { text } = await taken(documentOf({ [template]: { get: REPLIES } }))
    const { outline, problems } = outlined(text)
    t.strictSame(problems, [])
    t.equal(outline?.routes[0]?.match.path, wanted)
    const says = template.split('/').length === 3 && wanted !== template && !/[{}]/.test(wanted)
    if (says && /:segment|cancel|abc|\.\.\./.test(`${wanted}${template}`)) t.match(text, /it matches more/)
  })
}

t.test('of two operations for the same requests the first has the route, the other is told', async (t) => {
  const paths = { '/a/{x}': { get: REPLIES, head: REPLIES }, '/a/{y}': { get: REPLIES } }
  const { routes, leftOut } = await taken(documentOf(paths))
  t.equal(routes, 1)
  t.strictSame(
    leftOut.map((line) => line.replace(/^.*: /, '')),
    ['the same requests as the route get-a-x', 'the same requests as the route get-a-x'],
  )
})

const KEY_SCHEME = { type: 'apiKey', in: 'header', name: 'x-api-key' }
const SCHEMES: readonly (readonly [name: string, scheme: object, auth: string, place: string])[] = [
  ['x-api-key', KEY_SCHEME, 'key', 'header:x-api-key'],
  ['a query', { type: 'apiKey', in: 'query', name: 'api_key' }, 'mine', 'query:api_key'],
  ['Authorization', { type: 'apiKey', in: 'header', name: 'Authorization' }, 'mine', 'bearer'],
  ['a cookie', { type: 'apiKey', in: 'cookie', name: 'sid' }, 'key', 'header:x-api-key'],
  ['the Cookie header', { type: 'apiKey', in: 'header', name: 'Cookie' }, 'key', 'header:x-api-key'],
  ['a header with _', { type: 'apiKey', in: 'header', name: 'x_key' }, 'key', 'header:x-api-key'],
  ['bearer', { type: 'http', scheme: 'Bearer' }, 'mine', 'bearer'],
  ['digest', { type: 'http', scheme: 'digest' }, 'key', 'header:x-api-key'],
  [
    'openIdConnect',
    { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' },
    'key',
    'header:x-api-key',
  ],
]

for (const [name, scheme, auth, place] of SCHEMES) {
  t.test(`a key in ${name} is asked for in ${place}`, async (t) => {
    const document = documentOf(
      { '/a': { get: { ...REPLIES, security: [{ mine: [] }] } } },
      { components: { securitySchemes: { mine: scheme } } },
    )
    const { outline } = outlined((await taken(document)).text)
    t.strictSame(outline?.routes[0]?.auth, [auth])
    t.strictSame(outline?.authenticators[auth], [place])
  })
}

const SECURITY: readonly (readonly [
  name: string,
  security: object[] | undefined,
  auth: string[],
  scopes: object,
])[] = [
  ['nothing', undefined, ['none'], { scopes: null, anyScope: null }],
  ['an empty list', [], ['none'], { scopes: null }],
  ['an optional one', [{}, { a: ['r'] }], ['a', 'none'], { scopes: null, anyScope: null }],
  ['scopes', [{ a: ['r', 'w'] }], ['a'], { scopes: ['r', 'w'] }],
  ['the same scopes twice', [{ a: ['r'] }, { b: ['r'] }], ['a', 'b'], { scopes: ['r'] }],
  ['any of two scopes', [{ a: ['r'] }, { a: ['w'] }], ['a'], { scopes: null, anyScope: ['r', 'w'] }],
]

for (const [name, security, auth, scopes] of SECURITY) {
  t.test(`security: ${name}`, async (t) => {
    const operation = security === undefined ? REPLIES : { ...REPLIES, security }
    const components = {
      securitySchemes: {
        a: { type: 'apiKey', in: 'header', name: 'x-a' },
        b: { type: 'apiKey', in: 'header', name: 'x-b' },
      },
    }
    const document = documentOf({ '/a': { get: operation } }, { components })
    const { text } = await taken(document)
    t.match(outlined(text).outline?.routes[0], { auth, allow: scopes })
    t.strictSame(await driftBetween(text, document), [], 'and the document agrees')
  })
}

t.test('texts of the document stay comments, whatever is in them', async (t) => {
  const evil = 'x\nroutes: []\n\u001b[31m\u2028- id: evil'
  const document = documentOf(
    { '/a': { get: { ...REPLIES, operationId: evil } } },
    { info: { title: evil, version: evil } },
  )
  const { text } = await taken(document)
  t.notOk(text.includes('\u001b') || text.includes('\u2028'))
  t.strictSame(
    outlined(text).outline?.routes.map(({ match }) => match.path),
    ['/a'],
  )
})

t.test('body schemas are files beside the policy', async (t) => {
  const { text, files } = await taken(PETS)
  t.strictSame([...files.keys()], ['./schemas/create-pet.json'])
  t.match(routeText(text, 'create-pet'), /validate: \{ body: \.\/schemas\/create-pet\.json \}/)
})

t.test('nothing in a document is a reference to a secret', async (t) => {
  const security = [{ a: ['${env:SECRET}'] }]
  const document = documentOf(
    { '/${env:SECRET}/{x}': { get: { ...REPLIES, security } }, '/${': { get: REPLIES } },
    {
      servers: [{ url: '/${env:SECRET}' }],
      components: { securitySchemes: { a: { type: 'http', scheme: 'basic' } } },
    },
  )
  const { text } = await taken(document)
  t.notMatch(text.replace(/#.*$/gm, ''), /\$\{/)
  t.strictSame(outlined(text).problems, [])
})
