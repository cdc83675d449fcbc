import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { fileIn, monthly, openScene } from '../adapters/store/scene.ts'
import { Sallyport, startSallyport } from '../support/process.ts'
import { got, type RawClient } from '../support/raw-client.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const ASK = 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n'
const QUOTA = 1_000_000
/** What a kill may cost. */
const LOSS_MS = 1000

const api = await startApi(t)
const policy = policyFor(api, {
  top: `store: "sqlite:./store.db"
limits: { plan: { by: global, quota: ${QUOTA}/month } }`,
}).replace('auth: none', 'auth: none, limits: [plan]')

/** One request. @returns how many of the quota are spent, this one included */
async function spentBy(client: RawClient): Promise<number> {
  const reply = await client.send(ASK).reply()
  const left = /;r=(\d+)/.exec(got(reply, 'ratelimit') ?? '')?.[1]
  if (left === undefined) throw new Error(`no quota in ${reply.start}`)
  return QUOTA - Number(left)
}

/** Asks until the connection is over. @returns when each reply came */
async function askToTheEnd(sallyport: Sallyport): Promise<readonly number[]> {
  const times: number[] = []
  const client = sallyport.client()
  for (;;) {
    const reply = await client
      .send(ASK)
      .reply()
      .catch(() => null)
    if (reply === null) return times
    times.push(performance.now())
    if (got(reply, 'connection') === 'close') return times
  }
}

async function healthOf(sallyport: Sallyport) {
  return JSON.parse(await sallyport.ops('/health'))
}

t.test('V98: SIGTERM under load loses no count, and the next start goes on from it', async (t) => {
  const dir = t.testdir()
  const first = await startSallyport(t, policy, { dir })
  const load = Promise.all(Array.from({ length: 8 }, () => askToTheEnd(first)))
  const before = api.requests
  await api.until(() => api.requests > before + 300)
  first.child.kill('SIGTERM')
  const replies = (await load).flat().length
  while (!first.hasEnded) await once(first, 'news')
  t.equal(first.child.exitCode, 0)
  const second = await startSallyport(t, policy, { dir })
  const forwarded = api.requests - before
  t.ok(replies > 300)
  t.equal((await spentBy(second.client())) - 1, forwarded)
})

t.test('V98: SIGKILL under load loses at most what came in the last second', async (t) => {
  const dir = t.testdir()
  const first = await startSallyport(t, policy, { dir })
  const before = api.requests
  const begun = performance.now()
  const load = Promise.all(Array.from({ length: 2 }, () => askToTheEnd(first)))
  await api.until(() => performance.now() - begun > 2 * LOSS_MS)
  const killedAt = performance.now()
  first.child.kill('SIGKILL')
  const times = (await load).flat()
  while (!first.hasEnded) await once(first, 'news')
  const second = await startSallyport(t, policy, { dir })
  const kept = (await spentBy(second.client())) - 1
  const mustBeKept = times.filter((time) => time < killedAt - LOSS_MS).length
  t.comment(`${kept} of ${times.length} kept, at least ${mustBeKept} had to be`)
  t.ok(mustBeKept > 0)
  t.ok(kept >= mustBeKept)
  t.ok(kept <= api.requests - before, 'and nothing is counted that was not asked')
})

t.test(
  'SQLite part of V97: a file locked by another program fails no request and loses no count',
  async (t) => {
    const dir = t.testdir()
    const sallyport = await startSallyport(t, policy, { dir })
    const before = api.requests
    const other = new DatabaseSync(join(dir, 'store.db'))
    t.teardown(() => other.close())
    other.exec('BEGIN EXCLUSIVE')
    t.strictSame((await honestly(sallyport, 200)).failures, [])
    await sallyport.logged('store fails: quotas are counted in memory')
    t.match(await healthOf(sallyport), {
      status: 'degraded',
      ready: true,
      store: { problem: 'it is locked by another program', unwritten: 1 },
    })
    t.strictSame((await honestly(sallyport, 200)).failures, [])
    other.exec('ROLLBACK')
    await sallyport.logged('store works again')
    t.match(await healthOf(sallyport), { status: 'ok', store: { problem: null } })
    const forwarded = api.requests - before
    await sallyport.stop('SIGKILL')
    const again = await startSallyport(t, policy, { dir })
    t.equal((await spentBy(again.client())) - 1, forwarded)
  },
)

t.test(
  'SQLite part of V97: SIGTERM while it is locked ends in time, and says what is not written',
  async (t) => {
    const dir = t.testdir()
    const sallyport = await startSallyport(t, policy, { dir })
    const other = new DatabaseSync(join(dir, 'store.db'))
    t.teardown(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    await spentBy(sallyport.client())
    await sallyport.stop('SIGTERM')
    t.equal(sallyport.child.exitCode, 0)
    t.match(sallyport.stderr, 'store fails')
  },
)

const full = 'the disk or the database is full'
for (const [what, break_, mend, problem] of [
  ['a full disk', 'PRAGMA max_page_count = 1', 'PRAGMA max_page_count = 10000', full],
  ['a file that may only be read', 'PRAGMA query_only = 1', 'PRAGMA query_only = 0', 'it may only be read'],
] as const) {
  t.test(`SQLite part of V97: with ${what} requests go on, and it heals`, async (t) => {
    const path = fileIn(t)
    const { charge, left, store } = await openScene(t, path)
    store.database.exec(break_)
    // New rows need room; a full disk still lets old ones be changed.
    const refused = Array.from({ length: 500 }, (_, i) => charge(monthly, `plan|${i}`).refused)
    t.ok(refused.every((index) => index === -1))
    for (let i = 0; i < 10; i++) charge(monthly, 'plan|one')
    t.equal(charge(monthly, 'plan|one').refused, 0, 'and limits hold')
    await store.flush()
    t.match(store.state(), { problem, unwritten: 501 })
    store.database.exec(mend)
    await store.flush()
    t.match(store.state(), { problem: null, unwritten: 0 })
    await store.close()
    const after = await openScene(t, path)
    t.equal(after.left(monthly, 'plan|one'), left(monthly, 'plan|one'))
    t.equal(after.left(monthly, 'plan|499'), 9)
  })
}

t.test('SQLite part of V97: reads that fail let requests go on', async (t) => {
  const { charge, problems, store } = await openScene(t, fileIn(t), { maxBuckets: 2 })
  for (let i = 0; i < 10; i++) charge(monthly, `plan|${i}`)
  await store.flush()
  store.database.exec('DROP TABLE quotas')
  for (let i = 0; i < 5; i++) t.equal(charge(monthly, `plan|${i}`).refused, -1)
  t.match(problems, [/no such table/])
  t.equal(problems.length, 1, 'told once')
})

for (const [what, put, message] of [
  [
    'a damaged file',
    (dir: string) => writeFileSync(join(dir, 'store.db'), 'x'.repeat(9000)),
    'no SQLite database',
  ],
  ['a folder', (dir: string) => mkdirSync(join(dir, 'store.db')), 'it is a folder'],
] as const) {
  t.test(`SQLite part of V97: with ${what} it does not start, and says why`, async (t) => {
    const dir = t.testdir()
    put(dir)
    const sallyport = new Sallyport(policy, dir)
    while (!sallyport.hasEnded) await once(sallyport, 'news')
    t.equal(sallyport.child.exitCode, 1)
    t.match(sallyport.stderr, `cannot start: store ${join(dir, 'store.db')}: `)
    t.match(sallyport.stderr, message)
  })
}

t.test('two gates on one file: the second does not start, and may once the first was killed', async (t) => {
  const dir = t.testdir()
  const first = await startSallyport(t, policy, { dir })
  const second = new Sallyport(policy, dir)
  while (!second.hasEnded) await once(second, 'news')
  t.equal(second.child.exitCode, 1)
  t.match(second.stderr, 'another process counts in it')
  await first.stop('SIGKILL')
  const third = await startSallyport(t, policy, { dir })
  t.equal(await spentBy(third.client()), 1)
})

t.test('another store is taken at the next start only', async (t) => {
  const sallyport = await startSallyport(t, policy)
  await sallyport.reload(policy.replace('./store.db', './other.db'))
  await sallyport.logged('settings that take effect at the next start only')
  t.match(sallyport.stderr, '"settings":["store"]')
})
