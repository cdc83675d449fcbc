import { randomBytes } from 'node:crypto'
import t from 'tap'
import { keyJudge } from '../../src/policies/key/decide.ts'
import { hashKey, newKey } from '../../src/policies/key/format.ts'
import type { KeyEntry } from '../../src/policies/key/table.ts'
import { contextWith, outcomeOf, portsWith } from '../policies/request.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { got, type Reply } from '../support/raw-client.ts'
import { policyFor, startApi } from './exhaustion.ts'

const ATTACKER = '198.51.100.7'
const VICTIM = '203.0.113.9'
const TRIES = 10_000
const PER_MINUTE = 50

const victimKey = newKey(randomBytes)
const revokedKey = newKey(randomBytes)
const expiredKey = newKey(randomBytes)
const foreignKey = `vendor-${'k'.repeat(60)}`

const api = await startApi(t)

function entry(id: string, key: string, more = ''): string {
  return `  - { id: ${id}, hash: "sha256:${hashKey(key)}" ${more} }`
}

function policyWith(...entries: readonly string[]): string {
  return policyFor(api, {
    top: `trust: [127.0.0.1]
authenticators: { asked: { type: api_key, in: [query:api_key] } }
limits:
  address: { by: ip, rate: ${PER_MINUTE}/minute }
  own: { by: key, rate: ${PER_MINUTE}/minute }
keys:
${entries.join('\n')}`,
    routes: `  - { id: keyed, match: { path: /keyed }, auth: key, limits: [address, own] }
  - { id: plain, match: { path: /plain }, auth: key }
  - { id: asked, match: { path: /asked }, auth: asked }
`,
  })
}

const everyKey = [
  entry('victim', victimKey),
  entry('foreign', foreignKey),
  entry('revoked', revokedKey, ', revoked: true'),
  entry('expired', expiredKey, ', expires: 2020-01-01'),
]
const sallyport: Sallyport = await startSallyport(t, policyWith(...everyKey))

t.beforeEach(() => api.reset())

function asking(path: string, key: string, address = VICTIM): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\nX-Api-Key: ${key}\r\n\r\n`
}

function codeOf(reply: Reply): string {
  return reply.status === 200 ? 'ok' : JSON.parse(reply.body).code
}

async function askedWith(key: string): Promise<string> {
  const client = sallyport.client()
  const reply = await client.send(asking('/plain', key)).reply()
  client.leave()
  return codeOf(reply)
}

t.test('V74 10,000 bad keys from one address: limited by address, and no victim is locked out', async (t) => {
  const codes = new Map<string, number>()
  const client = sallyport.client()
  for (let sent = 0; sent < TRIES; sent += 100) {
    for (let i = 0; i < 100; i++) client.send(asking('/keyed', newKey(randomBytes), ATTACKER))
    for (let i = 0; i < 100; i++) {
      const code = codeOf(await client.reply())
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
  }
  t.strictSame(Object.fromEntries(codes), { key_invalid: PER_MINUTE, rate_limited: TRIES - PER_MINUTE })
  t.equal(api.requests, 0, 'none of them reached the API')
  const stolen = await sallyport
    .client()
    .send(asking('/keyed', victimKey, ATTACKER))
    .reply()
  t.equal(codeOf(stolen), 'rate_limited', 'a right guess does not tell itself apart any more')
  const victim = await sallyport.client().send(asking('/keyed', victimKey)).reply()
  t.equal(victim.status, 200, 'the victim goes on')
})

const BAD_KEYS: readonly (readonly [string, string])[] = [
  ['an empty key', ''],
  ['UTF-8', 'kéy-kéy-kéy-kéy-kéy'],
  ['a wrong checksum', victimKey.slice(0, -1).concat(victimKey.endsWith('A') ? 'B' : 'A')],
  ['the key with a space in it', `${victimKey.slice(0, 10)} ${victimKey.slice(10)}`],
  ['the key twice in one field', `${victimKey}, ${victimKey}`],
  ['the hash instead of the key', hashKey(victimKey)],
  ['8 KB', 'k'.repeat(8192)],
]

for (const [what, key] of BAD_KEYS) {
  t.test(`V68 a key that is ${what} is refused`, async (t) => {
    const client = sallyport.client()
    const reply = await client.send(asking('/plain', key)).reply()
    t.ok([400, 401].includes(reply.status), `${reply.status}`)
    t.equal(api.requests, 0)
    t.notMatch(reply.body, key === '' ? victimKey : key.slice(0, 20))
  })
}

t.test('V68 a key of 16 KB is 431, one with NUL is 400; both end the connection', async (t) => {
  for (const [key, status] of [
    ['k'.repeat(16 * 1024), 431],
    [`${victimKey}\0`, 400],
  ] as const) {
    const client = sallyport.client().send(asking('/plain', key))
    t.equal((await client.reply()).status, status)
    await client.closed()
  }
})

t.test('V68 a key in the query is nothing unless the policy says so', async (t) => {
  const ask = (path: string) =>
    sallyport.client().send(`GET ${path}?api_key=${victimKey}&x=1 HTTP/1.1\r\nHost: a\r\n\r\n`).reply()
  t.equal(codeOf(await ask('/plain')), 'key_missing')
  t.equal((await ask('/asked')).status, 200)
  t.equal(api.lastUrl, '/asked?x=1', 'and is cut out of what the API gets')
})

t.test('V69 expired and revoked keys are refused, each with its code', async (t) => {
  t.equal(await askedWith(expiredKey), 'key_expired')
  t.equal(await askedWith(revokedKey), 'key_revoked')
  t.equal(await askedWith(victimKey), 'ok')
})

t.test(
  'V69 a key that is revoked by a reload is refused from then on, on open connections too',
  async (t) => {
    const client = sallyport.client()
    t.equal((await client.send(asking('/plain', victimKey)).reply()).status, 200)
    await sallyport.reload(policyWith(entry('victim', victimKey, ', revoked: true')))
    t.equal(codeOf(await client.send(asking('/plain', victimKey)).reply()), 'key_revoked')
    t.equal(await askedWith(foreignKey), 'key_invalid', 'a key that is gone from the file is unknown')
    await sallyport.reload(policyWith(...everyKey))
    t.equal(codeOf(await client.send(asking('/plain', victimKey)).reply()), 'ok')
  },
)

t.test('V69 a key expires while it is in use, without a reload', async (t) => {
  const expires = new Date(Date.now() + 2000).toISOString()
  await sallyport.reload(policyWith(entry('victim', victimKey, `, expires: "${expires}"`)))
  const client = sallyport.client()
  let code = codeOf(await client.send(asking('/plain', victimKey)).reply())
  t.equal(code, 'ok')
  while (code === 'ok') code = codeOf(await client.send(asking('/plain', victimKey)).reply())
  t.equal(code, 'key_expired')
  t.ok(Date.now() >= Date.parse(expires))
  await sallyport.reload(policyWith(...everyKey))
})

t.test('V67 a guess that shares all but the end with a key is answered as any other guess', async (t) => {
  const near = `${foreignKey.slice(0, -1)}x`
  const far = `vendor-${'q'.repeat(60)}`
  const answers = []
  for (const key of [near, far]) {
    const reply = await sallyport.client().send(asking('/plain', key)).reply()
    const { request_id, timestamp, ...body } = JSON.parse(reply.body)
    const fields = reply.fields.map(([name]) => name)
    answers.push({ status: reply.status, fields, body, challenge: got(reply, 'www-authenticate') })
  }
  t.strictSame(answers[0], answers[1])
  t.equal(answers[0]?.status, 401)
})

/** A table that tells what was looked up, and cannot be walked through. */
class AskedOnly extends Map<string, KeyEntry> {
  readonly asked: string[] = []

  override get(key: string): KeyEntry | undefined {
    this.asked.push(key)
    return super.get(key)
  }

  override [Symbol.iterator](): never {
    throw new Error('the table is walked through')
  }

  override forEach(): never {
    throw new Error('the table is walked through')
  }

  override values(): never {
    throw new Error('the table is walked through')
  }

  override entries(): never {
    throw new Error('the table is walked through')
  }
}

t.test('V67 a key is found by its hash alone, in one look-up', async (t) => {
  const byHash = new AskedOnly()
  const judge = keyJudge('key', { byHash, byId: new Map() })
  const guesses = Array.from(
    { length: 100 },
    (_, i) => `${foreignKey.slice(0, -3)}${String(i).padStart(3, '0')}`,
  )
  for (const guess of guesses) {
    const verdict = await judge(guess, contextWith({}), portsWith())
    t.equal(outcomeOf(verdict), 'key_invalid')
  }
  t.strictSame(byHash.asked, guesses.map(hashKey))
})

t.test('V68 what cannot be a key is not even looked up', async (t) => {
  const byHash = new AskedOnly()
  const judge = keyJudge('key', { byHash, byId: new Map() })
  for (const [, key] of BAD_KEYS.filter(([what]) => what !== 'the hash instead of the key')) {
    t.equal(outcomeOf(await judge(key, contextWith({}), portsWith())), 'key_invalid')
  }
  t.strictSame(byHash.asked, [])
})
