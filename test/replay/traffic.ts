import { Agent, type ClientRequest, createServer, request as openRequest } from 'node:http'
import fc from 'fast-check'
import type { Test } from 'tap'
import { listening } from '../support/listening.ts'
import { GONE, KEYS, NARROW, OLD, UNKNOWN } from './traffic-policy.ts'

/** One request of a random client. */
interface Sent {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly client: string | null
  readonly credential: readonly string[]
  readonly query: string
  readonly cross: readonly string[]
  readonly body: { readonly text: string; readonly chunked: boolean; readonly type: string } | null
  readonly upgrade: boolean
  readonly leaves: boolean
}

const paths = [
  '/open/a',
  '/open/b%2Fc',
  '/open/../x',
  '/mixed',
  '/orders/7',
  '/orders/8',
  '/orders/9',
  '/orders/%41',
  '/admin',
  '/slow',
  '/slow',
  '/slow',
  '/slow',
  '/inside',
  '/small',
  '/strict',
  '/tried',
  '/socket',
  '/nowhere',
]
const good = KEYS.map(({ text }) => ['x-api-key', text])
const credentials: readonly (readonly string[])[] = [
  [],
  ...KEYS.map(({ text }) => ['Authorization', `Bearer ${text}`]),
  ['x-api-key', OLD],
  ['x-api-key', GONE],
  ['x-api-key', NARROW],
  ['x-api-key', UNKNOWN],
  ['authorization', 'Basic dTpw'],
  ['x-api-key', KEYS[0]?.text ?? '', 'authorization', `Bearer ${KEYS[1]?.text}`],
  ['x-api-key', UNKNOWN, 'x-api-key', OLD],
]
const crossings: readonly (readonly string[])[] = [
  [],
  ['origin', 'https://shop.example.com'],
  ['origin', 'https://a.example.org'],
  ['origin', `https://${'x'.repeat(600)}.example.org`],
  ['origin', 'https://evil.example.com', 'access-control-request-method', 'GET'],
  ['origin', 'https://shop.example.com', 'access-control-request-method', 'POST'],
  ['origin', 'https://shop.example.com', 'access-control-request-method', 'DELETE'],
  [
    'origin',
    'https://shop.example.com',
    'access-control-request-method',
    'GET',
    'access-control-request-headers',
    'x-api-key',
  ],
  [
    'origin',
    'https://shop.example.com',
    'access-control-request-method',
    'GET',
    'access-control-request-headers',
    'x-other, "',
  ],
]

const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
  path: fc.constantFrom(...paths),
  host: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('api.example.com', 'API.example.com:8080') },
    { weight: 1, arbitrary: fc.constantFrom('a.shop.example.com', 'other.example', 'bad host') },
  ),
  client: fc.option(
    fc.integer({ min: 0, max: 6 }).map((n) => `10.0.0.${n}`),
    { freq: 4 },
  ),
  credential: fc.oneof(fc.constantFrom(...good), fc.constantFrom(...credentials)),
  query: fc.constantFrom(
    '',
    '',
    '',
    '',
    '',
    '?page=1',
    '?other=1',
    `?token=${KEYS[2]?.text}`,
    `?token=${OLD}`,
    '?token=x',
  ),
  cross: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.constantFrom(...crossings) },
  ),
  body: fc.option(
    fc.record({
      text: fc.constantFrom('{"a":1}', '{}', 'x'.repeat(9), 'y'.repeat(100), '['),
      chunked: fc.boolean(),
      type: fc.constantFrom('application/json', 'application/json', 'text/plain'),
    }),
  ),
  upgrade: fc.nat({ max: 19 }).map((n) => n === 0),
  leaves: fc.nat({ max: 29 }).map((n) => n === 0),
})

export function randomTraffic(count: number, seed: number): readonly Sent[] {
  return fc.sample(sent, { numRuns: count, seed })
}

/** Runs into each kind of limit, whatever the time it takes. */
export function limitTraffic(): readonly Sent[] {
  const [acme, beta, , dora] = good
  const from = (path: string, credential: readonly string[] = [], client = 7): Sent => {
    return { ...PLAIN, path, credential, client: `10.0.0.${client}` }
  }
  const times = (count: number, one: (i: number) => Sent): Sent[] =>
    Array.from({ length: count }, (_, i) => one(i))
  return [
    ...times(60, (i) => from('/mixed', beta, i)),
    ...times(60, () => from('/slow', acme)),
    ...times(60, () => from('/orders/1', dora)),
    ...times(60, () => from('/open/a')),
    ...times(2, (i) => ({ ...from('/strict', [], 20 + i), method: 'PUT', query: '?other=1' })),
    ...times(2, (i) => ({
      ...from('/strict', [], 30 + i),
      method: 'PUT',
      body: { ...JSON_BODY, text: '[' },
    })),
    ...times(2, (i) => ({
      ...from('/strict', [], 40 + i),
      method: 'PUT',
      body: { ...JSON_BODY, type: 'text/plain' },
    })),
    ...times(2, () => ({ ...from('/small', acme), method: 'POST', body: { ...JSON_BODY, chunked: true } })),
  ]
}

const JSON_BODY = { text: '{"a":1,"b":2}', chunked: false, type: 'application/json' }

const PLAIN: Sent = {
  method: 'GET',
  path: '/',
  host: 'api.example.com',
  client: null,
  credential: [],
  query: '',
  cross: [],
  body: null,
  upgrade: false,
  leaves: false,
}

/** An API that takes its time with some of its paths. @returns its origin */
export async function startApi(t: Test): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      if (request.url?.startsWith('/slow') === true) setTimeout(() => response.end('ok'), SLOW_MS)
      else response.end('ok')
    })
  })
  return listening(t, server)
}

const SLOW_MS = 8

/** Sends all of them, so many at once. */
export async function sendAll(requests: readonly Sent[], port: number, atOnce: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const rest = requests[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const one of rest) await send(one, port, agent)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  agent.destroy()
}

async function send(one: Sent, port: number, agent: Agent): Promise<void> {
  const isUpgrade = one.upgrade && one.method === 'GET'
  const headers = fieldsOf(one, isUpgrade)
  const path = one.path + one.query
  const hasAgent = !isUpgrade && !one.leaves
  const request = openRequest({
    port,
    host: '127.0.0.1',
    method: one.method,
    path,
    headers,
    agent: hasAgent ? agent : false,
  })
  const over = ended(request)
  if (one.leaves && one.path !== '/strict')
    request.on('socket', (socket) => socket.on('connect', () => setImmediate(() => socket.destroy())))
  request.end(isUpgrade ? undefined : one.body?.text)
  await over
}

function fieldsOf({ host, client, credential, cross, body }: Sent, isUpgrade: boolean): string[] {
  const fields = ['host', host, ...credential, ...cross]
  if (client !== null) fields.push('x-forwarded-for', `203.0.113.9, ${client}`)
  if (isUpgrade) {
    fields.push('connection', 'upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13')
    fields.push('sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==')
  } else if (body !== null) {
    fields.push('content-type', body.type)
    fields.push(
      ...(body.chunked ? ['transfer-encoding', 'chunked'] : ['content-length', `${body.text.length}`]),
    )
  }
  return fields
}

/** Whatever comes of it: a reply, an upgrade, a connection that is gone. */
async function ended(request: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    request.on('error', () => resolve())
    request.on('close', () => resolve())
    request.on('upgrade', (_response, socket) => socket.destroy())
    request.on('response', (response) => {
      response.on('error', () => resolve())
      response.on('end', () => resolve())
      response.resume()
    })
  })
}
