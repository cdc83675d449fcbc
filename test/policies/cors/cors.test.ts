import t from 'tap'
import type { Facts } from '../../../src/core/facts.ts'
import type { Answer, Pass, Refuse, Verdict } from '../../../src/core/verdict.ts'
import { cors } from '../../../src/policies/cors/index.ts'
import { contextWith, envWith, outcomeOf, runCheck } from '../request.ts'

const SHOP = 'https://shop.example.com'

function partOf(settings: unknown) {
  return cors.compile(cors.schema.parse(settings), envWith({ methods: ['GET', 'HEAD', 'POST'] }))
}

function ask(settings: unknown, fields: readonly string[], facts: Partial<Facts> = {}): Verdict {
  return runCheck(partOf(settings), 'cors', contextWith({ fields, ...facts })) as Verdict
}

function preflight(settings: unknown, origin: string, method: string, headers?: string): Verdict {
  const fields = ['origin', origin, 'access-control-request-method', method]
  if (headers !== undefined) fields.push('access-control-request-headers', headers)
  return ask(settings, fields, { method: 'OPTIONS' })
}

/** The ACAO of an actual request. */
function allowedFor(origins: string[], origin: string): string | undefined {
  const { learned } = ask({ origins }, ['origin', origin]) as Pass
  return learned?.replyHeaders?.[1]
}

t.test('without settings nothing is done', async (t) => {
  t.strictSame(cors.compile(undefined, envWith()), {})
})

t.test('an actual request of a listed origin gets its fields', async (t) => {
  const settings = { origins: [SHOP], credentials: true, expose_headers: ['x-request-id', 'ratelimit'] }
  t.strictSame((ask(settings, ['origin', SHOP]) as Pass).learned?.replyHeaders, [
    'access-control-allow-origin',
    SHOP,
    'access-control-allow-credentials',
    'true',
    'access-control-expose-headers',
    'x-request-id, ratelimit',
  ])
})

t.test('the verdict for a listed origin is prepared', async (t) => {
  const part = partOf({ origins: [SHOP] })
  const context = contextWith({ fields: ['origin', SHOP] })
  t.equal(runCheck(part, 'cors', context), runCheck(part, 'cors', context))
})

t.test(
  'a request of another origin passes without any field: the browser keeps its reply from the script',
  async (t) => {
    t.strictSame(ask({ origins: [SHOP], credentials: true }, ['origin', 'https://evil.example']), {
      kind: 'pass',
      learned: null,
    })
  },
)

t.test('V48: `null` is an origin only where it is written', async (t) => {
  t.equal(allowedFor([SHOP], 'null'), undefined)
  t.equal(allowedFor(['https://*.example.com'], 'null'), undefined)
  t.equal(allowedFor(['null'], 'null'), 'null')
})

for (const origin of [
  'https://app.example.com.evil.io',
  'https://evilapp.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com/',
  'https://APP.example.com',
  'https://app.example.com, https://app.example.com',
  ' https://app.example.com',
  '',
]) {
  t.test(`V49: ${JSON.stringify(origin)} is not https://app.example.com`, async (t) => {
    t.equal(allowedFor(['https://app.example.com'], origin), undefined)
  })
}

for (const origin of [
  'https://evilexample.com',
  'https://a.example.com`.evil.io',
  'https://example.com',
  'https://.example.com',
  'https://a..example.com',
  'https://a.example.com.',
  'https://a.example.com:444',
  'https://a.example.com:443',
  'http://a.example.com',
  'https://u@a.example.com',
  'https://evil.io/.example.com',
  'https://evil.io#.example.com',
  'https://evil.io\\.example.com',
  'https://A.example.com',
  'a.example.com',
  `https://${'a'.repeat(600)}.example.com`,
]) {
  t.test(`V50: ${origin.slice(0, 60)} is not https://*.example.com`, async (t) => {
    t.equal(allowedFor(['https://*.example.com'], origin), undefined)
  })
}

t.test('a wildcard takes every host below the domain, with its scheme and port', async (t) => {
  t.equal(allowedFor(['https://*.example.com'], 'https://a.b.example.com'), 'https://a.b.example.com')
  t.equal(allowedFor(['http://*.example.com:8080'], 'http://a.example.com:8080'), 'http://a.example.com:8080')
  t.equal(allowedFor(['http://*.example.com:8080'], 'http://a.example.com'), undefined)
})

t.test('`*` is the same for everybody, so the reply does not vary', async (t) => {
  const part = partOf({ origins: ['*'] })
  t.strictSame(part.reply?.set, [])
  for (const fields of [[], ['origin', 'https://a.example']]) {
    const { learned } = runCheck(part, 'cors', contextWith({ fields })) as Pass
    t.strictSame(learned?.replyHeaders, ['access-control-allow-origin', '*'])
  }
})

t.test('V52: every reply of the route varies by origin, and fields of the API are replaced', async (t) => {
  const { reply } = partOf({ origins: [SHOP] })
  t.strictSame(reply?.set, ['vary', 'Origin'])
  for (const name of ['origin', 'credentials', 'headers', 'methods']) {
    t.ok(reply?.drop?.includes(`access-control-allow-${name}`))
  }
  t.ok(reply?.drop?.includes('access-control-expose-headers'))
  t.ok(reply?.drop?.includes('access-control-max-age'))
})

t.test('V53: a preflight is answered here', async (t) => {
  const settings = { origins: [SHOP], headers: ['Content-Type', 'x-api-key'], max_age: '1h' }
  t.strictSame((preflight(settings, SHOP, 'POST', 'content-type,X-Api-Key') as Answer).reply, {
    status: 204,
    headers: [
      'access-control-allow-origin',
      SHOP,
      'access-control-allow-methods',
      'GET, HEAD, POST',
      'access-control-allow-headers',
      'Content-Type, x-api-key',
      'access-control-max-age',
      '3600',
    ],
    body: '',
  })
})

t.test('V53: OPTIONS that is no preflight is an ordinary request', async (t) => {
  const options = { method: 'OPTIONS' }
  t.equal(ask({ origins: [SHOP] }, ['origin', SHOP], options).kind, 'pass')
  t.equal(ask({ origins: [SHOP] }, ['access-control-request-method', 'GET'], options).kind, 'pass')
  t.equal(ask({ origins: [SHOP] }, ['origin', SHOP, 'access-control-request-method', 'GET']).kind, 'pass')
})

t.test(
  'headers that a script asks for are allowed where none are listed, and the answer varies by them',
  async (t) => {
    const { reply } = preflight({ origins: [SHOP] }, SHOP, 'GET', 'x-one, X-Two') as Answer
    t.match(reply.headers.join('|'), 'vary|Access-Control-Request-Headers')
    t.match(reply.headers.join('|'), 'access-control-allow-headers|x-one, X-Two')
  },
)

t.test('an empty list of headers allows none', async (t) => {
  const settings = { origins: [SHOP], headers: [] }
  t.notMatch((preflight(settings, SHOP, 'GET') as Answer).reply.headers.join(), 'allow-headers')
  t.equal(preflight(settings, SHOP, 'GET', '').kind, 'answer')
  t.equal(outcomeOf(preflight(settings, SHOP, 'GET', 'x-one')), 'origin_refused')
})

for (const [name, verdict] of [
  ['origin', preflight({ origins: [SHOP] }, 'https://evil.example', 'GET')],
  ['method', preflight({ origins: [SHOP] }, SHOP, 'DELETE')],
  ['method in lower case', preflight({ origins: [SHOP] }, SHOP, 'get')],
  ['method that cors does not list', preflight({ origins: [SHOP], methods: ['GET'] }, SHOP, 'POST')],
  ['header', preflight({ origins: [SHOP], headers: ['x-a'] }, SHOP, 'GET', 'x-a,x-b')],
  ['header list that is none', preflight({ origins: [SHOP] }, SHOP, 'GET', 'x-a\r\nset-cookie: a=b')],
  ['endless header list', preflight({ origins: [SHOP] }, SHOP, 'GET', `x${',x'.repeat(2000)}`)],
] as const) {
  t.test(`a preflight with a forbidden ${name} is refused without any field`, async (t) => {
    t.equal(outcomeOf(verdict), 'origin_refused')
    t.strictSame((verdict as Refuse).headers, [])
  })
}

t.test('a WebSocket of another origin is refused, since browsers would let its page read', async (t) => {
  const websocket = { websocket: true }
  t.equal(
    outcomeOf(ask({ origins: [SHOP] }, ['origin', 'https://evil.example'], websocket)),
    'origin_refused',
  )
  t.equal(outcomeOf(ask({ origins: [SHOP] }, ['origin', SHOP], websocket)), 'pass')
  t.equal(outcomeOf(ask({ origins: [SHOP] }, [], websocket)), 'pass')
})

for (const [name, settings, message] of [
  ['V51: * with credentials', { origins: ['*'], credentials: true }, /every web page act as the user/],
  ['null with credentials', { origins: ['null'], credentials: true }, /frame whose origin is null/],
  ['* with others', { origins: ['*', SHOP] }, /already allows/],
] as const) {
  t.test(`${name} is a problem at load`, async (t) => {
    const env = envWith()
    cors.compile(cors.schema.parse(settings), env)
    t.match(env.problems, [{ path: ['origins'], message }])
  })
}

for (const origin of [
  'http://localhost:5173',
  'capacitor://localhost',
  'https://[::1]:8443',
  'https://1.2.3.4',
]) {
  t.test(`the schema takes the origin ${origin}, and it is matched as it is`, async (t) => {
    t.equal(allowedFor([origin], origin), origin)
  })
}
