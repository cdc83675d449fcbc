import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { canonicalAddress } from '../../src/core/address.ts'
import type { AuditRecord } from '../../src/core/audit.ts'
import { isReported } from '../../src/core/mode.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { ROUTE } from '../policies/request.ts'
import { type App, startApp } from '../support/app.ts'
import type { Reply } from '../support/raw-client.ts'
import { type RawUpstream, startUpstream } from '../support/raw-upstream.ts'
import { type Asked, asked, FILES, policyOf, requests, type Saying, type Sent, saying } from './worlds.ts'

const OF_THE_REQUEST = new Set(['x-request-id', 'date'])

/** What a client sees of a reply, less what is new with each. */
function seenIn({ start, fields, body }: Reply): unknown {
  const kept = fields
    .filter(([name]) => !OF_THE_REQUEST.has(name.toLowerCase()))
    .map(([name, value]) => [name, value.replace(/t=\d+/g, 't')])
  return { start, fields: kept, body: body.replace(/"(?:request_id|timestamp)":"[^"]*"/g, '') }
}

async function repliesOf(app: App, sent: readonly Sent[]): Promise<unknown[]> {
  const replies: unknown[] = []
  for (const { bytes } of sent) {
    const client = app.client()
    replies.push(seenIn(await client.send(bytes).reply()))
    client.leave()
  }
  return replies
}

/** An API with CORS of its own, which tells what came, or nonsense. */
async function startApi(t: Test): Promise<RawUpstream> {
  const upstream = await startUpstream(t)
  upstream.answer = ({ method, target, body }) => {
    if (target.includes('broken')) return 'nonsense\r\n\r\n'
    const text = `${method} ${target} ${body}`
    const own = 'access-control-allow-origin: https://own.example\r\nvary: Accept\r\nx-own: 1\r\n'
    return `HTTP/1.1 200 Fine\r\n${own}content-length: ${text.length}\r\n\r\n${text}`
  }
  return upstream
}

interface Scene {
  readonly t: Test
  readonly origin: string
  readonly routes: readonly Asked[]
}

/** The same policy thrice: as `said`, without its checks, and with all of them enforced. */
async function gates({ t, origin, routes }: Scene, said: Saying): Promise<readonly App[]> {
  const texts = [policyOf(origin, routes, said), policyOf(origin, [null, null]), policyOf(origin, routes)]
  return Promise.all(texts.map((text) => startApp(t, text, { files: FILES })))
}

async function stop(apps: readonly App[]): Promise<void> {
  for (const { server, back } of apps) {
    const stopped = server.stop()
    server.cut()
    await back.close()
    await stopped
  }
}

const isTold = ({ trail }: AuditRecord): boolean => trail.some(({ verdict }) => verdict === 'report')
const RUNS = { numRuns: 40 }
const routes = fc.tuple(asked, asked)

t.test('in report mode every reply is the one without the checks', async (t) => {
  const { origin } = await startApi(t)
  let told = 0
  await fc.assert(
    fc.asyncProperty(
      routes,
      saying,
      fc.array(requests(), { minLength: 6, maxLength: 12 }),
      async (both, said, sent) => {
        const apps = await gates({ t, origin, routes: both }, said)
        const [report, without] = apps as [App, App]
        try {
          const wanted = await repliesOf(without, sent)
          assert.deepEqual(await repliesOf(report, sent), wanted)
          told += (await report.recorded(sent.length)).filter(isTold).length
        } finally {
          await stop(apps)
        }
      },
    ),
    RUNS,
  )
  t.ok(told > RUNS.numRuns, `${told} refusals were let through`)
})

const SHARE = 50
const half = {
  ...ROUTE,
  reporting: { checks: new Set(['all']), enforcedPercent: SHARE, reply: ROUTE.reply },
}
const isOut = ({ client }: Sent): boolean =>
  isReported(half, 'all', { facts: { client: canonicalAddress(client) ?? '' }, principal: ANONYMOUS })

t.test('with a share, a reply is the one without the checks or the one with them', async (t) => {
  const { origin } = await startApi(t)
  const seen = { out: 0, in: 0 }
  const said = { defaults: `, enforce: ${SHARE}%` }
  await fc.assert(
    fc.asyncProperty(
      routes,
      fc.array(requests(['', 'nobody-knows-this-key-0123456789']), { minLength: 6, maxLength: 12 }),
      async (both, sent) => {
        const apps = await gates({ t, origin, routes: both }, said)
        const [shared, without, enforced] = apps as [App, App, App]
        try {
          const [free, bound] = [await repliesOf(without, sent), await repliesOf(enforced, sent)]
          const wanted = sent.map((one, i) => (isOut(one) ? free[i] : bound[i]))
          assert.deepEqual(await repliesOf(shared, sent), wanted)
          for (const [i, one] of sent.entries()) {
            if (JSON.stringify(free[i]) !== JSON.stringify(bound[i])) seen[isOut(one) ? 'out' : 'in'] += 1
          }
        } finally {
          await stop(apps)
        }
      },
    ),
    RUNS,
  )
  t.ok(seen.out > RUNS.numRuns / 2 && seen.in > RUNS.numRuns / 2, JSON.stringify(seen))
})
