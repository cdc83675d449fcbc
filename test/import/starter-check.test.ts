import t from 'tap'
import { checkPolicy } from '../../src/config/checks/check-policy.ts'
import { documentOf, REPLIES, taken } from './documents.ts'

const KEYED = documentOf(
  {
    '/orders': {
      get: { operationId: 'getOrders', security: [{ k: [] }], ...REPLIES },
      post: { operationId: 'putOrder', security: [{ k: [] }], ...REPLIES },
    },
  },
  { components: { securitySchemes: { k: { type: 'apiKey', in: 'header', name: 'x-api-key' } } } },
)
const HASH = `sha256:${'0123456789abcdef'.repeat(4)}`

function told(text: string): string[] {
  const options = { file: 'p', readText: () => '', env: {}, nowMs: 0, expiresWithinMs: 0 }
  return checkPolicy(text, options).problems.map(({ code }) => code)
}

t.test('a policy to start from listens on this machine only, and says what a container needs', async (t) => {
  const { text } = await taken(KEYED)
  t.match(text, /^listen: 127\.0\.0\.1:8080 #.*in a container 0\.0\.0\.0:8080$/m)
  t.match(text, /^ops: 127\.0\.0\.1:9901 #.*in a container 0\.0\.0\.0:9901$/m)
})

t.test('`check` tells what is left to do of it: the first key, and to enforce what writes', async (t) => {
  const { text } = await taken(KEYED)
  t.strictSame(told(text).sort(), ['route-for-nobody', 'write-only-reported'])
  const done = `${text.replace('mode: report', 'mode: enforce')}keys: [{ id: a, hash: "${HASH}" }]\n`
  t.strictSame(told(done), [])
})

t.test('a scope that no policy can say closes the route, and `check` tells of it', async (t) => {
  for (const scopes of [['${env:HOME}'], Array.from({ length: 101 }, (_, i) => `s${i}`)]) {
    const security = JSON.stringify([{ k: [] }])
    const { text } = await taken(KEYED.replaceAll(security, JSON.stringify([{ k: scopes }])))
    t.match(text, /allow: \{ scopes: \[ .+ \] \} # .*closed/)
    t.ok(told(`${text}keys: [{ id: a, hash: "${HASH}", scopes: [s0] }]\n`).includes('route-for-nobody'))
  }
})
