import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { compile } from '../../src/config/compile.ts'
import { policyJsonSchema } from '../../src/config/json-schema.ts'
import { decide } from '../../src/core/decide.ts'
import type { Decision, Policy } from '../../src/core/policy.ts'
import { hashKey } from '../../src/policies/key/format.ts'
import { factsWith, portsWith } from '../policies/request.ts'

const NOON = Date.UTC(2026, 4, 15, 12)
const WEB = 'demo-key-of-web-0123456789'
const ADMIN = 'demo-key-of-admin-0123456789'
const MINUTE_MS = 60_000
const SECOND_MS = 1000
const TEXT = readFileSync(new URL('../../config/tiers.yaml', import.meta.url), 'utf8')

const compiled = (text: string) =>
  compile(text, {
    file: 'tiers.yaml',
    readText: () => '',
    env: {},
    nowMs: NOON,
  })

/** The example with keys that the test knows. */
const policy = compiled(
  TEXT.replace(/sha256:0+1/, `sha256:${hashKey(WEB)}`).replace(/sha256:0+2/, `sha256:${hashKey(ADMIN)}`),
).policy as Policy

t.test('the example compiles without a warning', async (t) => {
  t.strictSame(compiled(TEXT).problems, [])
})

t.test('editors take the example, too', async (t) => {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(policyJsonSchema()))
  validate(parse(TEXT))
  t.strictSame(validate.errors ?? [], [])
})

interface Asking {
  readonly line: string
  readonly key?: string
  readonly client?: string
}

/** A gate that is only its decisions. */
class Desk {
  readonly counters = new ConcurrentCounters(new MemoryCounters())
  nowMs = NOON

  /** A request that goes on until `end` is called with its decision. */
  async begin({ line, key, client = '192.0.2.1' }: Asking): Promise<Decision> {
    const [method = '', path = ''] = line.split(' ')
    const fields = key === undefined ? [] : ['x-api-key', key]
    const ports = { ...portsWith({ nowMs: this.nowMs }), counters: this.counters }
    return decide(policy, factsWith({ method, path, fields, client }), ports)
  }

  end({ charged }: Decision): void {
    this.counters.release(charged.map(({ charge }) => charge))
  }

  async ask(asking: Asking): Promise<Decision> {
    const decision = await this.begin(asking)
    this.end(decision)
    return decision
  }
}

/** `outcome` of a decision, or the code and the limit that refused. */
function said({ outcome, refusal }: Decision): string {
  if (refusal === null) return outcome
  return `${refusal.code} ${/^limit (\w+)/.exec(refusal.why)?.[1] ?? refusal.why}`
}

const TIERS: readonly [string, Asking, passes: number, stepMs: number, refused: string][] = [
  ['health', { line: 'GET /health' }, 100, 1, 'rate_limited health'],
  ['public', { line: 'GET /public/a' }, 10, 1, 'rate_limited public'],
  ['authenticated', { line: 'GET /api/a', key: WEB }, 60, 150, 'rate_limited authenticated'],
  ['bursts by address', { line: 'GET /api/a', key: WEB }, 10, 1, 'rate_limited address'],
  ['search', { line: 'GET /search', key: WEB }, 20, 150, 'rate_limited search'],
  ['download', { line: 'GET /files/a', key: WEB }, 20, MINUTE_MS, 'rate_limited download'],
  ['upload', { line: 'PUT /files/a', key: WEB }, 5, SECOND_MS, 'rate_limited upload'],
  ['bulk, of cost 10', { line: 'POST /bulk', key: WEB }, 5, SECOND_MS, 'rate_limited bulk'],
]

for (const [name, asking, passes, stepMs, refused] of TIERS) {
  t.test(`${name}: ${passes} pass, and then ${refused}`, async (t) => {
    const desk = new Desk()
    for (let i = 0; i < passes; i++) {
      t.equal(said(await desk.ask(asking)), 'forward')
      desk.nowMs += stepMs
    }
    t.equal(said(await desk.ask(asking)), refused)
  })
}

/** So many requests, each from another address, `stepMs` apart. @returns how many went through, and the last word */
async function crowd(desk: Desk, asking: Asking, count: number, stepMs: number): Promise<[number, string]> {
  let passed = 0
  let last = ''
  for (let i = 0; i < count; i++) {
    last = said(await desk.ask({ ...asking, client: `10.0.${i >> 8}.${i & 255}` }))
    if (last === 'forward') passed += 1
    desk.nowMs += stepMs
  }
  return [passed, last]
}

t.test('a key is held to 1000 an hour wherever it comes from', async (t) => {
  const asking = { line: 'GET /api/a', key: WEB }
  t.strictSame(await crowd(new Desk(), asking, 1001, 1100), [1000, 'rate_limited hourly'])
})

t.test('an admin key goes by its own limit, also where the route names another', async (t) => {
  for (const line of ['GET /admin/a', 'GET /api/a', 'GET /search']) {
    const asking = { line, key: ADMIN }
    t.strictSame(await crowd(new Desk(), asking, 1001, 1), [1000, 'rate_limited admin'], line)
  }
})

t.test(
  'an address that is refused 5 times in a minute is shut for ten, and then may come again',
  async (t) => {
    const desk = new Desk()
    const guess = { line: 'GET /api/a', key: 'no-such-key-0123456789' }
    const words: string[] = []
    for (let i = 0; i < 15; i++) words.push(said(await desk.ask(guess)).split(' ')[0] ?? '')
    t.strictSame(words.slice(9), [
      'key_invalid',
      'rate_limited',
      'rate_limited',
      'rate_limited',
      'rate_limited',
      'cooldown',
    ])
    desk.nowMs += 9 * MINUTE_MS
    t.equal(said(await desk.ask({ line: 'GET /api/a', key: WEB })), 'cooldown address')
    t.equal(said(await desk.ask({ line: 'GET /api/a', key: WEB, client: '192.0.2.2' })), 'forward')
    desk.nowMs += MINUTE_MS
    t.equal(said(await desk.ask({ line: 'GET /api/a', key: WEB })), 'forward')
  },
)

for (const [line, places, refused] of [
  ['GET /search', 2, 'concurrency_exceeded search'],
  ['GET /files/a', 4, 'concurrency_exceeded transfers'],
] as const) {
  t.test(`${line}: ${places} at once, and the next when one is over`, async (t) => {
    const desk = new Desk()
    const asking = { line, key: WEB }
    const underWay: Decision[] = []
    for (let i = 0; i < places; i++) underWay.push(await desk.begin(asking))
    t.ok(underWay.every(({ outcome }) => outcome === 'forward'))
    t.equal(said(await desk.begin(asking)), refused)
    desk.end(underWay[0] as Decision)
    t.equal(said(await desk.begin(asking)), 'forward')
  })
}

t.test('the plan is one for all keys of an organisation', async (t) => {
  const desk = new Desk()
  await desk.ask({ line: 'GET /api/a', key: WEB })
  const { charged } = await desk.ask({ line: 'GET /api/a', key: ADMIN })
  const plan = charged.find(({ charge }) => charge.limit.name === 'plan')
  t.match(plan, { charge: { key: 'plan|4:acme' }, state: { remaining: 99_998 } })
  desk.nowMs += SECOND_MS
  const { charged: dear } = await desk.ask({ line: 'POST /bulk', key: WEB })
  t.match(dear.at(-1), { state: { remaining: 99_988 } })
})
