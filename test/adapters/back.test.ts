import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Back, createBack } from '../../src/adapters/back.ts'
import type { CircuitState } from '../../src/adapters/circuit.ts'
import type { Upstream } from '../../src/core/policy.ts'
import { permitFor } from '../support/permit.ts'
import { answering, ask, failure, OK, rawUpstream, read, upstreamAt } from './upstream/kit.ts'

const CIRCUIT = { errorPercent: 50, windowMs: 10_000, minRequests: 4, openForMs: 50 }
const RETRY = { attempts: 2, budgetPercent: 20 }

function backFor(t: { teardown(close: () => unknown): unknown }): Back {
  const back = createBack()
  t.teardown(() => back.close())
  return back
}

async function sender(back: Back, upstream: Upstream, method = 'GET') {
  const send = back.send(upstream)
  const permit = await permitFor(upstream)
  return () => send(ask({ method }).request, permit).then(read)
}

t.test('V95 a kept connection that closes under a GET: it is sent once more and answered', async (t) => {
  const { origin, seen } = await rawUpstream(t, {
    onData: (socket, _text, index) =>
      index === 0 && seen().includes('second') ? socket.destroy() : socket.write(OK),
  })
  const back = backFor(t)
  const upstream = upstreamAt(origin, { retry: RETRY })
  const send = back.send(upstream)
  const permit = await permitFor(upstream)
  await send(ask().request, permit).then(read)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  let retries = 0
  const second = ask({ target: '/second', onRetry: () => retries++ })
  t.match(await send(second.request, permit).then(read), { text: 'ok' })
  t.equal(retries, 1)
  t.equal(seen().split('/second').length - 1, 2)
})

t.test('V88 S8 an unsafe request is never sent twice', async (t) => {
  const { origin, seen } = await rawUpstream(t, { onData: (socket) => socket.destroy() })
  const back = backFor(t)
  const post = await sender(back, upstreamAt(origin, { retry: { attempts: 5, budgetPercent: 100 } }), 'POST')
  t.match(await failure(post()), { code: 'upstream_unreachable' })
  t.equal(seen().split('POST').length - 1, 1)
})

t.test('S8 retries stay below a fifth of the traffic', async (t) => {
  const { origin, seen } = await rawUpstream(t, { onData: (socket) => socket.destroy() })
  const get = await sender(backFor(t), upstreamAt(origin, { retry: RETRY }))
  for (let i = 0; i < 100; i++) await failure(get())
  const tries = seen().split('GET').length - 1
  t.ok(tries > 110 && tries <= 121, `${tries} tries`)
})

t.test('S8 a failing upstream is left alone, and one trial brings it back', async (t) => {
  let isUp = false
  let requests = 0
  const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    requests++
    response.writeHead(isUp ? 200 : 503).end('x')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  t.teardown(() => server.closeAllConnections())
  let halfOpen: () => void = () => undefined
  const tried = new Promise<void>((resolve) => {
    halfOpen = resolve
  })
  const changes: CircuitState[] = []
  const back = createBack({
    onChange: (_name, state) => {
      changes.push(state)
      if (state === 'half_open') halfOpen()
    },
  })
  t.teardown(() => back.close())
  const { port } = server.address() as AddressInfo
  const get = await sender(back, upstreamAt(`http://127.0.0.1:${port}`, { circuit: CIRCUIT, retry: RETRY }))
  for (let i = 0; i < 4; i++) await get()
  t.match(await failure(get()), { code: 'circuit_open', retryAfterS: 1 })
  t.equal(requests, 4)
  isUp = true
  await tried
  const together = await Promise.allSettled([get(), get(), get()])
  t.strictSame(
    together.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  )
  t.equal(requests, 5)
  await get()
  t.strictSame(changes, ['open', 'half_open', 'closed'])
  t.match(back.circuits(), [{ name: 'legacy', state: 'closed' }])
})

t.test('S8 an upstream that refuses connections opens the circuit', async (t) => {
  const get = await sender(backFor(t), upstreamAt('http://127.0.0.1:1', { circuit: CIRCUIT, retry: RETRY }))
  const codes = new Set<string>()
  for (let i = 0; i < 6; i++) codes.add((await failure(get())).code)
  t.strictSame([...codes], ['upstream_unreachable', 'circuit_open'])
})

t.test('what a reload no longer names is given up, what it names is kept', async (t) => {
  const back = backFor(t)
  const { origin } = await answering(t, OK)
  const upstream = upstreamAt(origin, { circuit: CIRCUIT })
  await (await sender(back, upstream))()
  back.apply([upstream])
  t.equal(back.origins().length, 1)
  t.equal(back.circuits().length, 1)
  back.apply([])
  t.equal(back.origins().length, 0)
  t.equal(back.circuits().length, 0)
})
