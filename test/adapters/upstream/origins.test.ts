import t from 'tap'
import { MAX_CONNECTIONS, MAX_WAITING } from '../../../src/adapters/upstream/origin.ts'
import { createUpstreams } from '../../../src/adapters/upstream.ts'
import type { UpstreamResponse } from '../../../src/core/upstream.ts'
import { permitFor } from '../../support/permit.ts'
import { TEST_CERT } from '../../support/tls.ts'
import { answering, ask, failure, get, OK, rawUpstream, read, tlsUpstream, upstreamAt } from './kit.ts'

/** What ends a connection may be told of one turn of the loop after its last reply has ended. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

t.test('connections are kept and used again', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { origin, accepted } = await answering(t, OK)
  for (let i = 0; i < 5; i++) {
    await read(await get(upstreams, origin))
    await turn()
  }
  t.equal(accepted(), 1)
})

t.test('connections outlive a reload while one of its upstreams uses them', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { origin, accepted } = await answering(t, OK)
  await read(await get(upstreams, origin))
  await turn()
  upstreams.apply([upstreamAt(origin, { name: 'renamed', retry: { attempts: 2, budgetPercent: 20 } })])
  await read(await get(upstreams, origin))
  t.equal(accepted(), 1)
})

t.test('connections that no upstream uses close when they are idle, not before', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { origin, open, drained } = await answering(
    t,
    'HTTP/1.1 200 OK\r\nkeep-alive: timeout=600\r\ncontent-length: 4\r\n\r\n',
  )
  const response = await get(upstreams, origin)
  upstreams.apply([])
  await turn()
  t.equal(open.size, 1)
  const reading = read(response)
  for (const socket of open) socket.write('done')
  t.match(await reading, { text: 'done' })
  await drained()
  t.strictSame(upstreams.stats(), [])
})

t.test('a request of an older policy still gets through after its connections were closed', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { origin, drained } = await answering(t, OK)
  const upstream = upstreamAt(origin)
  const send = upstreams.send(upstream)
  const permit = await permitFor(upstream)
  await read(await send(ask().request, permit))
  upstreams.apply([])
  await drained()
  t.match(await read(await send(ask().request, permit)), { text: 'ok' })
})

t.test(
  'V86 what is over the bound waits, and what waits too long or in too long a line is overloaded',
  async (t) => {
    const upstreams = createUpstreams()
    t.teardown(() => upstreams.close())
    const { origin, open } = await rawUpstream(t, {})
    const upstream = upstreamAt(origin, { timeout: { connectMs: 500, responseMs: 10_000, idleMs: 1000 } })
    const send = upstreams.send(upstream)
    const permit = await permitFor(upstream)
    const held = Array.from({ length: MAX_CONNECTIONS }, () => ask())
    const answers = held.map(({ request }) => send(request, permit))
    const waiting = Array.from({ length: MAX_WAITING }, () => failure(send(ask().request, permit)))
    t.match(upstreams.stats(), [{ active: MAX_CONNECTIONS, waiting: MAX_WAITING }])
    t.match(await failure(send(ask().request, permit)), { code: 'overloaded', retryAfterS: 1 })
    t.strictSame([...new Set((await Promise.all(waiting)).map(({ code }) => code))], ['overloaded'])
    t.ok(open.size <= MAX_CONNECTIONS)
    const failures = answers.map(failure)
    for (const { abort } of held) abort()
    await Promise.all(failures)
    t.match(upstreams.stats(), [{ active: 0, waiting: 0 }])
  },
)

t.test(
  'a place that is free again goes to the first in line; who left the line is passed over',
  async (t) => {
    const upstreams = createUpstreams()
    t.teardown(() => upstreams.close())
    const { origin, open, seen } = await rawUpstream(t, {})
    const upstream = upstreamAt(origin, { timeout: { connectMs: 10_000, responseMs: 10_000, idleMs: 1000 } })
    const send = upstreams.send(upstream)
    const permit = await permitFor(upstream)
    const answers = Array.from({ length: MAX_CONNECTIONS }, () => send(ask().request, permit))
    const leaver = ask({ target: '/left' })
    const left = failure(send(leaver.request, permit))
    const next = send(ask({ target: '/next' }).request, permit)
    leaver.abort()
    t.equal((await left).code, 'client_closed')
    while (open.size < MAX_CONNECTIONS) await turn()
    const answer = setInterval(() => {
      for (const socket of open) if (!socket.destroyed) socket.write(OK)
    }, 20)
    const responses: UpstreamResponse[] = await Promise.all([...answers, next])
    clearInterval(answer)
    t.equal(responses.length, MAX_CONNECTIONS + 1)
    // An answer written ahead of the request can be read before the request is seen at the other end.
    for (let turns = 0; turns < 10_000 && !seen().includes('/next'); turns++) await turn()
    t.match(seen(), /\/next/)
    t.notMatch(seen(), /\/left/)
  },
)

t.test('several targets take turns', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const targets = await Promise.all([1, 2, 3].map(() => answering(t, OK)))
  const upstream = upstreamAt(targets.map(({ origin }) => origin))
  const send = upstreams.send(upstream)
  const permit = await permitFor(upstream)
  for (let i = 0; i < 9; i++) await read(await send(ask().request, permit))
  t.strictSame(
    targets.map(({ seen }) => seen().split('GET').length - 1),
    [3, 3, 3],
  )
})

t.test('a target that could not be dialled is passed over; alone it is tried all the same', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { origin } = await answering(t, OK)
  const upstream = upstreamAt([origin, 'http://127.0.0.1:1'])
  const send = upstreams.send(upstream)
  const permit = await permitFor(upstream)
  let failures = 0
  for (let i = 0; i < 10; i++) {
    await send(ask().request, permit).then(read, () => failures++)
  }
  t.equal(failures, 1)
  t.equal((await failure(get(upstreams, 'http://127.0.0.1:1'))).code, 'upstream_unreachable')
  t.equal((await failure(get(upstreams, 'http://127.0.0.1:1'))).code, 'upstream_unreachable')
})

t.test('close ends what is under way and what waits with draining', async (t) => {
  const upstreams = createUpstreams()
  const { origin, drained } = await rawUpstream(t, {})
  const pending = Array.from({ length: MAX_CONNECTIONS + 1 }, () => failure(get(upstreams, origin)))
  await turn()
  await upstreams.close()
  t.strictSame([...new Set((await Promise.all(pending)).map(({ code }) => code))], ['draining'])
  await drained()
})

t.test('TLS: a certificate that nobody vouches for is upstream_unreachable', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { at } = await tlsUpstream(t, OK)
  t.match(await failure(get(upstreams, at('127.0.0.1'))), { code: 'upstream_unreachable', unsent: true })
})

t.test(
  'TLS: a certificate for another name is upstream_unreachable, whatever Host the client sends',
  async (t) => {
    const upstreams = createUpstreams()
    t.teardown(() => upstreams.close())
    const { at } = await tlsUpstream(t, OK)
    const tls = { verify: true, ca: TEST_CERT, serverName: null }
    const asked = get(upstreams, at('127.0.0.1'), { headers: ['host', 'api.internal'] }, { tls })
    t.match(await failure(asked), { code: 'upstream_unreachable' })
  },
)

t.test(
  "TLS: the name greeted and verified is the policy's, and one connection serves many Hosts",
  async (t) => {
    const upstreams = createUpstreams()
    t.teardown(() => upstreams.close())
    const { at, greetings } = await tlsUpstream(t, OK)
    const tls = { verify: true, ca: TEST_CERT, serverName: 'api.internal' }
    for (const host of ['api.internal', 'evil.example', '127.0.0.1']) {
      const response = await get(upstreams, at('127.0.0.1'), { headers: ['host', host] }, { tls })
      t.match(await read(response), { text: 'ok' })
      await turn()
    }
    t.strictSame(
      greetings.map(({ name }) => name),
      ['api.internal'],
    )
  },
)

t.test('TLS: verification can be turned off', async (t) => {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  const { at } = await tlsUpstream(t, OK)
  const tls = { verify: false, ca: null, serverName: null }
  t.match(await read(await get(upstreams, at('127.0.0.1'), {}, { tls })), { text: 'ok' })
})
