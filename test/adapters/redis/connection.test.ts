import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RedisCounters } from '../../../src/adapters/counters-redis.ts'
import { retryDelayMs } from '../../../src/adapters/redis/connection.ts'
import { StoreError } from '../../../src/adapters/redis/store-error.ts'
import type { RedisSettings } from '../../../src/core/redis.ts'
import { freePort, noRedis, RedisServer, startRedis } from '../../support/redis.ts'
import { TEST_CERT, TEST_KEY } from '../../support/tls.ts'
import { limitWith, sliding } from '../counters-contract/tools.ts'
import { connected, PATIENT, settingsOf } from './tools.ts'

const skip = noRedis()
const PASSWORD = 'hunter2-of-redis'
const wide = limitWith('wide', [sliding(1000, 60_000)])
const charge = () => ({ limit: wide, key: 'a', cost: 1 })

/** Counters with all that they told of their connection; `told` resolves when that has come `count` times. */
function talking(t: Test, settings: RedisSettings) {
  const problems: (string | null)[] = []
  let news = Promise.withResolvers<void>()
  const onConnection = (problem: string | null): void => {
    problems.push(problem)
    news.resolve()
    news = Promise.withResolvers<void>()
  }
  const counters = new RedisCounters({ settings, onConnection })
  t.teardown(() => counters.close())
  const told = async (problem: string | null): Promise<void> => {
    while (problems.at(-1) !== problem) await news.promise
  }
  return { counters, problems, told }
}

t.test('without a server a charge is refused at once, and later it works by itself', { skip }, async (t) => {
  const port = await freePort()
  const { counters, told } = talking(t, settingsOf({ port }, { commandTimeoutMs: 20_000 }))
  await told('no connection to Redis: ECONNREFUSED')
  await t.rejects(counters.charge([charge()], 0), { name: 'StoreError', trouble: 'unreachable' })
  await t.rejects(counters.reset('a'), { name: 'StoreError', trouble: 'unreachable' })
  t.doesNotThrow(() => counters.refund([charge()], 0))
  const server = await startRedis(t, { port })
  await told(null)
  t.match(await counters.charge([charge()], 0), { refused: -1 })
  await server.stop()
  await told('no connection to Redis: ECONNREFUSED')
  await startRedis(t, { port })
  await told(null)
  t.match(await counters.charge([charge()], 0), { refused: -1 })
})

t.test('a server that stands still costs no more than the timeout, and works again', { skip }, async (t) => {
  const server = await startRedis(t)
  const { counters, told } = talking(t, settingsOf(server, { commandTimeoutMs: 50 }))
  await told(null)
  server.freeze()
  await t.rejects(counters.charge([charge()], 0), { trouble: 'timeout', message: /within 50 ms/ })
  await t.rejects(counters.reset('a'), { name: 'StoreError', trouble: 'timeout' })
  server.thaw()
  const again = async (): Promise<number> => {
    try {
      return (await counters.charge([charge()], 0)).refused
    } catch {
      return again()
    }
  }
  t.equal(await again(), -1)
})

t.test('a connection on which nothing comes back is given up and made anew', { skip }, async (t) => {
  const server = await startRedis(t)
  const { counters, problems, told } = talking(t, settingsOf(server, { commandTimeoutMs: 50 }))
  await told(null)
  server.freeze()
  await t.rejects(counters.charge([charge()], 0), StoreError)
  await told('no connection to Redis')
  server.thaw()
  await told(null)
  t.strictSame(problems, [null, 'no connection to Redis', null])
})

t.test('a wrong password is told without it, and a right one works', { skip }, async (t) => {
  const server = await startRedis(t, { password: PASSWORD })
  const wrong = talking(t, settingsOf(server, { password: `${PASSWORD}-wrong` }))
  await wrong.told('Redis answered WRONGPASS')
  const error = await wrong.counters.charge([charge()], 0).catch((problem: unknown) => problem)
  t.ok(error instanceof StoreError)
  t.notMatch(JSON.stringify([wrong.problems, String(error)]), PASSWORD)
  const none = talking(t, settingsOf(server))
  await none.told('Redis answered NOAUTH')
  const right = await connected(t, settingsOf(server, { ...PATIENT, password: PASSWORD }))
  t.match(await right.charge([charge()], 0), { refused: -1 })
})

t.test('a user needs no more than docs/redis.md says', { skip }, async (t) => {
  const server = await startRedis(t)
  const commands = ['evalsha', 'eval', 'get', 'set', 'pttl', 'time', 'del', 'info'].map((name) => `+${name}`)
  server.cli('acl', 'setuser', 'sallyport', 'on', `>${PASSWORD}`, '~sallyport:*', ...commands)
  const settings = settingsOf(server, { ...PATIENT, username: 'sallyport', password: PASSWORD })
  const counters = await connected(t, settings)
  const one = charge()
  t.match(await counters.charge([one], 0), { refused: -1 })
  counters.refund([one], 0)
  t.match(await counters.read(wide, 'a', 0), { remaining: 1000 })
  await counters.reset('a')
  const foreign = await connected(t, { ...settings, prefix: 'other:' })
  await t.rejects(foreign.charge([charge()], 0), { trouble: 'refused', message: 'Redis answered NOPERM' })
})

t.test('what a server says is not repeated', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT))
  server.cli('lpush', 'sallyport:{sallyport}a', 'x')
  await t.rejects(counters.charge([charge()], 0), { trouble: 'refused', message: 'Redis answered WRONGTYPE' })
  await counters.reset('a')
  server.cli('set', 'sallyport:{sallyport}a', 'what is this')
  await t.rejects(counters.charge([charge()], 0), {
    trouble: 'refused',
    message: /^Redis answered (?:ERR|an error)$/,
  })
})

t.test('a server that sends without end is cut off', async (t) => {
  const block = Buffer.alloc(1024 * 1024, 'x')
  let cut = false
  const done = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    const more = (): void => {
      while (!cut && socket.write(block));
    }
    socket.once('data', () => {
      socket.write('$999999999999\r\n')
      more()
    })
    socket.on('drain', more)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      cut = true
      done.resolve()
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  talking(t, settingsOf({ port }))
  await done.promise
  t.ok(cut)
})

t.test('TLS: the certificate must be trusted and for the name', { skip }, async (t) => {
  const dir = t.testdir({ 'cert.pem': TEST_CERT, 'key.pem': TEST_KEY })
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]
  const tlsPort = await freePort()
  await startRedis(t, {
    args: [
      '--tls-port',
      `${tlsPort}`,
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-auth-clients',
      'no',
    ],
  })
  const at = (tls: RedisSettings['tls']): RedisSettings =>
    settingsOf({ port: tlsPort }, { tls, commandTimeoutMs: 20_000 })
  const good = await connected(t, at({ ca: TEST_CERT, serverName: 'api.internal' }))
  t.match(await good.charge([charge()], 0), { refused: -1 })
  await talking(t, at({ ca: null, serverName: 'api.internal' })).told(
    'no connection to Redis: DEPTH_ZERO_SELF_SIGNED_CERT',
  )
  await talking(t, at({ ca: TEST_CERT, serverName: 'other.internal' })).told(
    'no connection to Redis: ERR_TLS_CERT_ALTNAME_INVALID',
  )
})

t.test('a cluster takes all buckets of a request', { skip }, async (t) => {
  const server = await startRedis(t, {
    args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
  })
  server.cli('cluster', 'addslotsrange', '0', '16383')
  while (!server.cli('cluster', 'info').includes('cluster_state:ok'))
    await new Promise((done) => setTimeout(done, 20))
  const counters = await connected(t, settingsOf(server, { kind: 'cluster', commandTimeoutMs: 20_000 }))
  const many = () =>
    counters.charge(
      ['a', 'b|9:{x}|2:yz', 'c'].map((key) => ({ limit: wide, key, cost: 1 })),
      0,
    )
  t.match(await Promise.all([many(), many()]), [
    { refused: -1 },
    { refused: -1, states: [{ remaining: 998 }] },
  ])
  server.cli('script', 'flush')
  t.match(await many(), { refused: -1 })
  await counters.reset('a')
  t.match(await counters.read(wide, 'a', 0), { remaining: 1000 })
})

t.test('sentinels tell which server to ask', { skip }, async (t) => {
  const server = await startRedis(t)
  const file = join(t.testdir(), 'sentinel.conf')
  writeFileSync(file, `sentinel monitor limits 127.0.0.1 ${server.port} 1\n`)
  const sentinel = new RedisServer(await freePort(), { configFile: file })
  t.teardown(() => sentinel.stop())
  await sentinel.answering()
  const counters = await connected(
    t,
    settingsOf(sentinel, { kind: 'sentinel', name: 'limits', commandTimeoutMs: 20_000 }),
  )
  t.match(await counters.charge([charge()], 0), { refused: -1 })
  t.equal(server.cli('dbsize'), '1')
})

t.test('connections are tried again ever more slowly, and not all at once', async (t) => {
  for (const [attempt, longest] of [
    [1, 100],
    [3, 400],
    [100, 1000],
  ] as const) {
    const delays = Array.from({ length: 200 }, () => retryDelayMs(attempt))
    t.ok(delays.every((ms) => ms >= longest / 2 && ms <= longest))
    t.ok(new Set(delays).size > 10)
  }
})
