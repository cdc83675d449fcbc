import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import t from 'tap'
import { Folder } from '../docs/folder.ts'
import { listening } from '../support/listening.ts'
import { startSallyport } from '../support/process.ts'
import { documentOf, REPLIES } from './documents.ts'

/** An API that judges the credential itself, as it did before. */
const SCHEMES: readonly (readonly [name: string, scheme: object, header: string, value: string])[] = [
  ['http bearer', { type: 'http', scheme: 'bearer' }, 'authorization', 'Bearer a.b.c'],
  ['an apiKey in a header', { type: 'apiKey', in: 'header', name: 'X-Shop-Key' }, 'x-shop-key', 'mine'],
  ['a token in x-api-key', { type: 'mutualTLS' }, 'x-api-key', 'mine'],
]

for (const [name, scheme, header, value] of SCHEMES) {
  t.test(`a starter keeps no credential from an API that judges it: ${name} (I1)`, async (t) => {
    const seen: IncomingHttpHeaders[] = []
    const api = createServer(({ headers }, response) => {
      seen.push(headers)
      response.writeHead(headers[header] === value ? 200 : 401).end()
    })
    const origin = await listening(t, api)
    const folder = new Folder(t)
    const security = [{ mine: [] }]
    const document = documentOf(
      { '/orders': { get: { ...REPLIES, security } } },
      { components: { securitySchemes: { mine: scheme } } },
    )
    folder.write('openapi.json', document)
    const { code, stdout } = await folder.run(
      `sallyport import openapi openapi.json --upstream ${origin} --out starter.yaml`,
    )
    t.equal(code, 0, stdout)
    const policy = folder.read('starter.yaml').replace(/^(listen|ops): \S+/gm, '$1: 127.0.0.1:0')
    t.match(
      policy,
      /# As long as the API judges credentials itself.*\n.*\ndefaults: .*forward_credential: true/,
    )
    const gate = await startSallyport(t, policy, { dir: folder.dir })
    const reply = await fetch(`http://127.0.0.1:${gate.port}/orders`, { headers: { [header]: value } })
    t.equal(reply.status, 200)
    t.equal(seen[0]?.[header], value)
  })
}
