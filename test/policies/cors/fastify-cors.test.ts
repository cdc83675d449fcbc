import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { Verdict } from '../../../src/core/verdict.ts'
import { cors } from '../../../src/policies/cors/index.ts'
import type { CorsSettings } from '../../../src/policies/cors/schema.ts'
import { contextWith, envWith, runCheck } from '../request.ts'

const COMPARED = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
  'vary',
]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const
const ORIGINS = ['https://shop.example.com', 'http://localhost:5173', 'null', 'https://*.example.org']
const SENT = [
  'https://shop.example.com',
  'https://shop.example.com.evil.io',
  'http://shop.example.com',
  'http://localhost:5173',
  'null',
  'https://a.example.org',
  'https://a.b.example.org',
  'https://evilexample.org',
]

interface Asked {
  readonly method: string
  readonly origin: string | undefined
  readonly askedMethod: string | undefined
  readonly askedHeaders: string | undefined
}

type Fields = Readonly<Record<string, string>>

/** Where we answer otherwise than @fastify/cors, each with why. */
const DIFFERENCES: readonly {
  readonly name: string
  readonly why: string
  readonly applies: (asked: Asked, settings: CorsSettings) => boolean
  readonly ours: Fields
}[] = [
  {
    name: 'OPTIONS that is no preflight',
    why: 'it is an ordinary request here, authenticated and forwarded; there it is answered with 400',
    applies: ({ method, origin, askedMethod }) =>
      method === 'OPTIONS' && (origin === undefined || askedMethod === undefined),
    ours: {},
  },
  {
    name: 'preflight of another origin',
    why: 'it is refused with nothing but vary; there it is told all about methods and headers',
    applies: (asked, settings) => isPreflight(asked) && !isAllowed(asked.origin, settings),
    ours: { vary: 'origin' },
  },
  {
    name: 'preflight for a method that is not listed',
    why: 'it is refused here; there the browser is left to find out',
    applies: (asked, settings) =>
      isPreflight(asked) && !settings.methods?.some((m) => m === asked.askedMethod),
    ours: { vary: 'origin' },
  },
  {
    name: 'preflight for a header that is not listed or no name',
    why: 'it is refused here, and what is no name is never echoed',
    applies: (asked, settings) => isPreflight(asked) && !mayAskFor(asked.askedHeaders, settings),
    ours: { vary: 'origin' },
  },
  {
    name: 'actual request of no origin or another',
    why: 'credentials and exposed headers mean nothing without access-control-allow-origin, so they are not sent',
    applies: (asked, settings) => !isPreflight(asked) && !isAllowed(asked.origin, settings),
    ours: { vary: 'origin' },
  },
]

function isPreflight({ method, origin, askedMethod }: Asked): boolean {
  return method === 'OPTIONS' && origin !== undefined && askedMethod !== undefined
}

function isAllowed(origin: string | undefined, { origins }: CorsSettings): boolean {
  if (origins.includes('*')) return true
  if (origin === undefined) return false
  return (
    origins.includes(origin) || (origins.includes('https://*.example.org') && origin.endsWith('.example.org'))
  )
}

function mayAskFor(asked: string | undefined, { headers }: CorsSettings): boolean {
  if (asked === undefined) return true
  return (
    !asked.includes(';') &&
    (headers === undefined || asked.split(/, ?/).every((name) => headers.includes(name)))
  )
}

const settings = fc
  .record({
    origins: fc.oneof(fc.constant(['*']), fc.subarray(ORIGINS, { minLength: 1 })),
    methods: fc.subarray([...METHODS], { minLength: 1 }),
    headers: fc.option(fc.subarray(['content-type', 'x-api-key', 'x-trace'], { minLength: 1 }), {
      nil: undefined,
    }),
    expose_headers: fc.option(fc.subarray(['x-request-id', 'ratelimit'], { minLength: 1 }), {
      nil: undefined,
    }),
    credentials: fc.boolean(),
    max_age: fc.constantFrom('0s', '10s', '10m', '24h'),
  })
  .filter(({ origins, credentials }) => !credentials || !/\*$|null/m.test(origins.join('\n')))
  .map((input) => cors.schema.parse(input))

const asked = fc.record({
  method: fc.constantFrom('OPTIONS', 'OPTIONS', 'GET', 'POST'),
  origin: fc.option(fc.constantFrom(...SENT), { nil: undefined, freq: 8 }),
  askedMethod: fc.option(fc.constantFrom(...METHODS, 'PATCH'), { nil: undefined, freq: 5 }),
  askedHeaders: fc.option(fc.constantFrom('content-type', 'x-api-key, x-trace', 'x-other', 'a;b'), {
    nil: undefined,
  }),
})

function fastifyOptions(settings: CorsSettings): FastifyCorsOptions {
  const wildcard = /^https:\/\/(?:[a-z0-9-]+\.)+example\.org$/
  const origin = settings.origins.map((text) => (text.includes('//*') ? wildcard : text))
  return {
    origin: settings.origins.includes('*') ? '*' : origin,
    methods: [...(settings.methods ?? [])],
    ...(settings.headers === undefined ? {} : { allowedHeaders: settings.headers }),
    ...(settings.expose_headers === undefined ? {} : { exposedHeaders: settings.expose_headers }),
    credentials: settings.credentials,
    maxAge: settings.max_age / 1000,
  }
}

async function fastifyWith(settings: CorsSettings): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(fastifyCors, fastifyOptions(settings))
  app.route({ method: ['GET', 'POST'], url: '/orders', handler: async () => ({}) })
  return app
}

function fieldsOf(asked: Asked): Record<string, string> {
  const fields: Record<string, string> = {}
  if (asked.origin !== undefined) fields.origin = asked.origin
  if (asked.askedMethod !== undefined) fields['access-control-request-method'] = asked.askedMethod
  if (asked.askedHeaders !== undefined) fields['access-control-request-headers'] = asked.askedHeaders
  return fields
}

async function theirs(app: FastifyInstance, asked: Asked): Promise<Fields> {
  const method = asked.method as 'GET' | 'POST' | 'OPTIONS'
  const reply = await app.inject({ method, url: '/orders', headers: fieldsOf(asked) })
  return comparable(Object.entries(reply.headers).map(([name, value]) => [name, String(value)]))
}

function ours(settings: CorsSettings, asked: Asked): Fields {
  const part = cors.compile(settings, envWith())
  const facts = { method: asked.method, fields: Object.entries(fieldsOf(asked)).flat() }
  const verdict = runCheck(part, 'cors', contextWith(facts)) as Verdict
  return comparable(pairs([...replyFields(verdict), ...(part.reply?.set ?? [])]))
}

function replyFields(verdict: Verdict): readonly string[] {
  if (verdict.kind === 'answer') return verdict.reply.headers
  if (verdict.kind === 'refuse') return verdict.headers
  return verdict.kind === 'pass' ? (verdict.learned?.replyHeaders ?? []) : []
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [String(flat[2 * i]), String(flat[2 * i + 1])])
}

/** `vary` as a sorted list, for its lines may be joined or not and its names have no case. */
function comparable(fields: readonly (readonly [string, string])[]): Fields {
  const out: Record<string, string> = {}
  for (const name of COMPARED) {
    const values = fields.filter(([other]) => other === name).map(([, value]) => value)
    const text = values.join(', ')
    if (values.length > 0) out[name] = name === 'vary' ? text.toLowerCase().split(', ').sort().join() : text
  }
  return out
}

type Difference = (typeof DIFFERENCES)[number]

/** Compares one request, and tells whether it was one of the differences. */
async function compare(
  t: Test,
  app: FastifyInstance,
  settings: CorsSettings,
  request: Asked,
): Promise<Difference | null> {
  const difference = DIFFERENCES.find(({ applies }) => applies(request, settings))
  const got = ours(settings, request)
  const where = JSON.stringify({ settings, request })
  if (difference === undefined) t.strictSame(got, await theirs(app, request), where)
  else if (!settings.origins.includes('*')) t.match(got, difference.ours, `${difference.name}: ${where}`)
  else t.notOk('vary' in got && got.vary === 'origin', where)
  return difference ?? null
}

t.test('replies carry what @fastify/cors would send, but for the differences on purpose', async (t) => {
  const met: (string | undefined)[] = []
  const requests = fc.array(asked, { minLength: 20, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(settings, requests, async (settings, requests) => {
      const app = await fastifyWith(settings)
      for (const request of requests) met.push((await compare(t, app, settings, request))?.name)
      await app.close()
    }),
    { numRuns: 60 },
  )
  t.ok(met.filter((name) => name === undefined).length > 100, 'most requests are answered alike')
  for (const { name, why } of DIFFERENCES) t.ok(met.includes(name), `${name} was met: ${why}`)
})

t.test('a refused preflight and a reply to another origin carry nothing but vary', async (t) => {
  const settings = cors.schema.parse({ origins: ['https://shop.example.com'], expose_headers: ['etag'] })
  const nobody = { method: 'OPTIONS', origin: 'null', askedMethod: 'GET', askedHeaders: undefined }
  t.strictSame(ours(settings, nobody), { vary: 'origin' })
  t.strictSame(ours(settings, { ...nobody, method: 'GET' }), { vary: 'origin' })
})
