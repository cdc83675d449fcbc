import t from 'tap'
import { freePort, noRedis, startRedis } from '../support/redis.ts'
import { becomes, connected, holdsModes, inUse, limitsOf, passedOf, replicaOf } from './scene.ts'

const skip = noRedis()

t.test('V96: down at boot, and up later', { skip }, async (t) => {
  const port = await freePort()
  const replica = replicaOf(t, `redis://127.0.0.1:${port}`)
  await holdsModes(t, replica)
  await startRedis(t, { port })
  await inUse(replica)
  t.equal(await passedOf(replica, limitsOf().deny, 20), 10)
  t.match(replica.changes, [{ name: 'open' }, { name: 'closed' }])
})

t.test('V96: killed, and started again', { skip }, async (t) => {
  const redis = await startRedis(t)
  const replica = replicaOf(t, redis.url)
  await connected(replica)
  const { deny } = limitsOf()
  t.equal(await passedOf(replica, deny, 20), 10, 'the limit of the store')
  await redis.stop('SIGKILL')
  await holdsModes(t, replica)
  await startRedis(t, { port: redis.port })
  await inUse(replica)
  t.equal(await passedOf(replica, deny, 20), 10, 'the new one knows nothing of before')
})

t.test(
  'V96: stopped by SIGSTOP: one wait at most, and what was counted is still there',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const replica = replicaOf(t, redis.url)
    await connected(replica)
    const { deny } = limitsOf()
    t.equal(await passedOf(replica, deny, 6), 6)
    redis.freeze()
    await holdsModes(t, replica)
    redis.thaw()
    await inUse(replica)
    t.equal(await passedOf(replica, deny, 20), 4)
  },
)

t.test(
  'V96: it fails while requests are under way: each has an outcome, and the limit holds',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const replica = replicaOf(t, redis.url)
    await connected(replica)
    const { local } = limitsOf()
    redis.freeze()
    const passed = await Promise.all(Array.from({ length: 200 }, () => passedOf(replica, local, 1)))
    t.equal(
      passed.reduce((sum, one) => sum + one),
      10,
    )
    redis.thaw()
    await inUse(replica)
  },
)

t.test('V96: a failover: a server that may not be written to, and then may again', { skip }, async (t) => {
  const redis = await startRedis(t)
  const replica = replicaOf(t, redis.url)
  await connected(replica)
  redis.cli('replicaof', '127.0.0.1', `${await freePort()}`)
  await holdsModes(t, replica)
  redis.cli('replicaof', 'no', 'one')
  await inUse(replica)
  t.equal(await passedOf(replica, limitsOf().deny, 20), 10)
})

t.test('V96: out of memory', { skip }, async (t) => {
  const redis = await startRedis(t)
  const replica = replicaOf(t, redis.url)
  await connected(replica)
  redis.cli('config', 'set', 'maxmemory', '1')
  await holdsModes(t, replica)
  redis.cli('config', 'set', 'maxmemory', '0')
  await inUse(replica)
  t.equal(await passedOf(replica, limitsOf().deny, 20), 10)
})

t.test('V96: the wrong password, told without saying it', { skip }, async (t) => {
  const redis = await startRedis(t, { password: 'right' })
  const replica = replicaOf(t, redis.url.replace('right', 'a-wrong-one'))
  await holdsModes(t, replica)
  t.notMatch(JSON.stringify(replica.changes), 'a-wrong-one')
  redis.cli('config', 'set', 'requirepass', 'a-wrong-one')
  await inUse(replica)
  t.equal(await passedOf(replica, limitsOf().deny, 20), 10)
})

t.test('V96: emptied, scripts included: not noticed but for the counts', { skip }, async (t) => {
  const redis = await startRedis(t)
  const replica = replicaOf(t, redis.url)
  await connected(replica)
  const { deny } = limitsOf()
  t.equal(await passedOf(replica, deny, 20), 10)
  redis.cli('flushall')
  redis.cli('script', 'flush')
  t.equal(await passedOf(replica, deny, 20), 10, 'a new start')
  t.strictSame(replica.changes, [])
})

t.test(
  'V96: without the store, replicas together let through no more than one limit',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const replicas = [1, 2, 3, 4, 5].map(() => replicaOf(t, redis.url, 5))
    for (const replica of replicas) await connected(replica)
    await redis.stop('SIGKILL')
    const { local } = limitsOf()
    let passed = 0
    for (const replica of replicas) passed += await passedOf(replica, local, 20)
    t.equal(passed, 10)
    await startRedis(t, { port: redis.port })
    for (const replica of replicas) await becomes(replica.counters, 'closed')
    for (const replica of replicas) passed += await passedOf(replica, local, 20)
    t.equal(passed, 20, 'and once more when it is back: twice at most')
  },
)
