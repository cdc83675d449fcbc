import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import t from 'tap'
import { Driver } from '../../bench/driver.ts'
import { Histogram } from '../../bench/histogram.ts'

const request = Buffer.from('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')

/** Drives a server until it has seen `wanted` requests. */
async function drive(t: Tap, listener: RequestListener, wanted: number) {
  let seen = 0
  const enough = Promise.withResolvers<void>()
  const server = createServer((incoming, response) => {
    seen += 1
    listener(incoming, response)
    if (seen === wanted) enough.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const driver = new Driver({ port, connections: 4, requests: [request], bodyBytes: 5 })
  t.teardown(async () => {
    await driver.stop()
    server.closeAllConnections()
    server.close()
  })
  driver.start()
  await enough.promise
  return driver
}

type Tap = Pick<typeof t, 'teardown'>

t.test('counts replies, and no failures where there are none', async (t) => {
  const driver = await drive(t, (_request, response) => response.end('hello'), 500)
  const tally = driver.tally()
  t.ok(tally.requests >= 490 && tally.requests <= 500)
  t.equal(tally.failures, 0)
  t.ok(tally.p50Ms > 0 && tally.p99Ms >= tally.p50Ms)
})

t.test('reads chunked replies', async (t) => {
  const driver = await drive(
    t,
    (_request, response) => {
      response.write('he')
      response.end('llo')
    },
    100,
  )
  t.ok(driver.tally().requests >= 90)
  t.equal(driver.tally().failures, 0)
})

t.test('another status and another length are failures', async (t) => {
  let count = 0
  const driver = await drive(
    t,
    (_request, response) => {
      count += 1
      if (count % 2 === 0) response.writeHead(429)
      response.end(count % 3 === 0 ? 'hell' : 'hello')
    },
    300,
  )
  const { requests, failures } = driver.tally()
  t.ok(requests >= 90 && requests <= 100)
  t.ok(failures >= 190 && failures <= 200)
})

t.test('comes back after an announced close, without a failure', async (t) => {
  const driver = await drive(
    t,
    (_request, response) => response.setHeader('connection', 'close').end('hello'),
    20,
  )
  t.ok(driver.tally().requests >= 16)
  t.equal(driver.tally().failures, 0)
})

t.test('a connection broken within a reply is a failure, and is opened again', async (t) => {
  const driver = await drive(
    t,
    (_request, response) => {
      response.writeHead(200, { 'content-length': 5 })
      response.write('he', () => response.destroy())
    },
    12,
  )
  t.equal(driver.tally().requests, 0)
  t.ok(driver.tally().failures >= 8)
})

t.test('bytes that are no response are a failure', async (t) => {
  const twice = Promise.withResolvers<void>()
  let connections = 0
  const server = createTcpServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.end('what?\r\n\r\n')
    connections += 1
    if (connections === 2) twice.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const driver = new Driver({ port, connections: 1, requests: [request], bodyBytes: 5 })
  t.teardown(async () => {
    await driver.stop()
    server.close()
  })
  driver.start()
  await twice.promise
  t.ok(driver.tally().failures >= 1)
})

t.test('requests go out in turn', async (t) => {
  const seen = new Set<string | undefined>()
  const enough = Promise.withResolvers<void>()
  const server = createServer((incoming, response) => {
    seen.add(incoming.url)
    response.end('hello')
    if (seen.size === 3) enough.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const requests = ['/a', '/b', '/c'].map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
  )
  const driver = new Driver({ port, connections: 2, requests, bodyBytes: 5 })
  t.teardown(async () => {
    await driver.stop()
    server.closeAllConnections()
    server.close()
  })
  driver.start()
  await enough.promise
  t.strictSame([...seen].sort(), ['/a', '/b', '/c'])
})

t.test('a new window forgets the last', async (t) => {
  const driver = await drive(t, (_request, response) => response.end('hello'), 200)
  await driver.stop()
  driver.reset()
  t.equal(driver.tally().requests, 0)
})

t.test('percentiles of a histogram are the upper edge of their bin', async (t) => {
  const histogram = new Histogram()
  t.ok(Number.isNaN(histogram.percentileMs(0.5)))
  for (let ms = 1; ms <= 100; ms++) histogram.record(ms)
  t.equal(histogram.percentileMs(0.5), 50.01)
  t.equal(histogram.percentileMs(0.99), 99.01)
  histogram.record(60_000)
  t.ok(histogram.percentileMs(1) >= 1000)
})
