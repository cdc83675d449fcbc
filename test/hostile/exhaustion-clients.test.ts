import { once } from 'node:events'
import t from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { policyFor, startApi } from './exhaustion.ts'

const MB = 1024 * 1024
/** What a container of 256 MB has to spare (the whole process, whatever clients do). */
const MOST_BYTES = 230 * MB
const BATCH = 500
/** What the store holds at most. */
const MOST_BUCKETS = 40_000
/** `SALLYPORT_CLIENTS=1000000` makes the long run of it. */
const CLIENTS = Number(process.env.SALLYPORT_CLIENTS ?? 100_000)
/** As the image starts it: without it V8 takes what the machine has before it looks for garbage. */
const IMAGE = '--max-old-space-size=112 --max-semi-space-size=16'

const api = await startApi(t)
const policy = policyFor(api, {
  top: `audit: { sinks: [] }
trust: [127.0.0.1]
limits:
  address: { by: ip, rate: 1/hour }
  login: { by: [ip, route], rate: 5/hour }
  crowd: { by: ip, rate: 100/hour }
  hundred: { by: global, rate: 100/hour }`,
  routes: `  - { id: counted, match: { path: /counted }, limits: [address] }
  - { id: login, match: { path: /login, methods: [GET] }, limits: [login] }
  - { id: keyed, match: { path: /keyed/* }, auth: key, limits: [crowd] }
  - { id: hundred, match: { path: /hundred }, limits: [hundred] }
`,
})
const sallyport: Sallyport = await startSallyport(t, policy, { env: { NODE_OPTIONS: IMAGE } })

t.beforeEach(() => api.reset())

function ask(target: string, address: string, more = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\n${more}\r\n`
}

/** Sends requests on pipelined connections. @returns how many replies had which status */
async function pour(count: number, request: (i: number) => string): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => request(from + i))
    for (const status of await statusesOf(batch)) statuses[status] = (statuses[status] ?? 0) + 1
  }
  return statuses
}

async function statusesOf(requests: readonly string[]): Promise<readonly string[]> {
  const client = sallyport.client().send(requests.join(''))
  let found: readonly string[] = []
  while (found.length < requests.length && !client.isClosed) {
    await once(client, 'news')
    found = client.received.match(/HTTP\/1\.1 \d{3}/g) ?? []
  }
  client.leave()
  return found.map((line) => line.slice(-3))
}

const addressOf = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`

t.test(`V72 ${CLIENTS} clients behind a trusted proxy: buckets and memory are bounded`, async (t) => {
  const tenth = Math.ceil(CLIENTS / 10)
  for (let from = 0; from < CLIENTS; from += tenth) {
    const count = Math.min(tenth, CLIENTS - from)
    const statuses = await pour(count, (i) => ask('/keyed/x', addressOf(from + i)))
    t.strictSame(statuses, { 401: count }, 'each has a bucket of its own, and none pays for another')
    const buckets = await sallyport.metric('sallyport_limit_buckets')
    t.equal(buckets, Math.min(from + count, MOST_BUCKETS), 'buckets')
    const bytes = await sallyport.residentBytes()
    t.ok(bytes < MOST_BYTES, `${Math.round(bytes / MB)} MB after ${from + count}`)
  }
  t.ok((await sallyport.metric('sallyport_limit_evictions_total')) >= CLIENTS - MOST_BUCKETS)
})

t.test('V72 who is at the limit stays there while a crowd comes by', async (t) => {
  const mine = ask('/counted', '192.0.2.200')
  t.strictSame(await pour(2, () => mine), { 200: 1, 429: 1 })
  // Who was there lately is passed over once: only a second crowd as large as the store is a trial.
  await pour(90_000, (i) => ask('/keyed/x', addressOf(i + 200_000)))
  t.strictSame(await pour(5, () => mine), { 429: 5 })
})

t.test('V72 distinct paths, hosts and keys make no series of metrics', async (t) => {
  const series = async (): Promise<number> =>
    (await sallyport.ops('/metrics')).split('\n').filter((line) => line.startsWith('sallyport_')).length
  await pour(500, (i) => ask(`/none/${i}`, '192.0.2.1'))
  const before = await series()
  await pour(5000, (i) => ask(`/none/${i}`, '192.0.2.1', `X-Api-Key: key-number-${i}-of-many\r\n`))
  await pour(5000, (i) => ask('/none', '192.0.2.1').replace('Host: a', `Host: host-${i}.example`))
  t.equal(await series(), before)
  t.ok((await sallyport.residentBytes()) < MOST_BYTES)
})

t.test('V71 no spelling of a path, and no HEAD, is a bucket of its own', async (t) => {
  const same = ['/login', '/%6cogin', '/login?x=', '/login?']
  const refused = ['/./login', '//login', '/login/', '/x/../login']
  const requests = [...same, ...refused].flatMap((target) => [
    ask(target, '192.0.2.71'),
    ask(target, '192.0.2.71').replace('GET', 'HEAD'),
  ])
  const statuses = new Map<string, number>()
  for (let round = 0; round < 4; round++) {
    for (const request of requests) {
      const client = sallyport.client().send(request)
      const { status } = await client.reply('reply to HEAD')
      statuses.set(`${round} ${request}`, status)
      client.leave()
    }
  }
  t.equal(api.requests, 5, 'what all of them had together')
  const told = (status: number): number => [...statuses.values()].filter((one) => one === status).length
  t.equal(told(200) + told(429), same.length * 2 * 4, 'the others are the same route, and counted')
})

t.test('V73 200 at once at a limit of 100: exactly 100 get through', async (t) => {
  const clients = Array.from({ length: 200 }, (_, i) =>
    sallyport.client().send(ask('/hundred', addressOf(i))),
  )
  const replies = await Promise.all(clients.map((client) => client.reply()))
  const served = replies.filter(({ status }) => status === 200).length
  const refused = replies.filter(({ status }) => status === 429).length
  t.strictSame([served, refused, api.requests], [100, 100, 100])
})
