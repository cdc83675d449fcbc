import t from 'tap'
import { type Send, UpstreamFailure, type UpstreamResponse } from '../../../src/core/upstream.ts'
import {
  type Outcome,
  outcomeOfError,
  outcomeOfStatus,
  retryAfterS,
} from '../../../src/policies/circuit/decide.ts'
import { type Circuit, circuitWrap, type Pass } from '../../../src/policies/circuit/index.ts'
import { circuitSchema, circuitSettings } from '../../../src/policies/circuit/schema.ts'
import { ask, failure, upstreamAt } from '../../adapters/upstream/kit.ts'
import { permitFor } from '../../support/permit.ts'

const permit = await permitFor(upstreamAt('http://127.0.0.1:1'))

function responding(status: number): Send {
  const body = { attach: () => undefined, resume: () => undefined, cancel: () => undefined }
  const response: UpstreamResponse = { status, statusText: '', headers: [], body }
  return async () => response
}

function circuitAt(pass: Pass | null, left: [Pass, Outcome][], waitMs = 0): Circuit {
  return { enter: () => pass, leave: (...told) => left.push(told), waitMs: () => waitMs }
}

t.test('a 5xx is a failure, everything else a success', async (t) => {
  for (const status of [200, 304, 400, 404, 429, 499]) t.equal(outcomeOfStatus(status), 'success')
  for (const status of [500, 501, 502, 503, 504, 599]) t.equal(outcomeOfStatus(status), 'failure')
})

t.test('only what the upstream did wrong is a failure', async (t) => {
  for (const code of ['upstream_unreachable', 'upstream_timeout', 'upstream_reply_invalid'] as const) {
    t.equal(outcomeOfError(new UpstreamFailure(code, '')), 'failure')
  }
  for (const code of ['client_closed', 'overloaded', 'draining', 'internal'] as const) {
    t.equal(outcomeOfError(new UpstreamFailure(code, '')), 'neither')
  }
  t.equal(outcomeOfError(new TypeError('ours')), 'neither')
})

t.test('retry-after is whole seconds, at least one', async (t) => {
  t.strictSame([0, 1, 999, 1000, 1001, 30_000].map(retryAfterS), [1, 1, 1, 1, 2, 30])
})

t.test('what passes is told to the circuit once, with how it went', async (t) => {
  const left: [Pass, Outcome][] = []
  await circuitWrap(circuitAt('usual', left))(responding(200))(ask().request, permit)
  await circuitWrap(circuitAt('trial', left))(responding(503))(ask().request, permit)
  const lost: Send = async () => Promise.reject(new UpstreamFailure('upstream_unreachable', ''))
  await failure(circuitWrap(circuitAt('usual', left))(lost)(ask().request, permit))
  const gone: Send = async () => Promise.reject(new UpstreamFailure('client_closed', ''))
  await failure(circuitWrap(circuitAt('trial', left))(gone)(ask().request, permit))
  t.strictSame(left, [
    ['usual', 'success'],
    ['trial', 'failure'],
    ['usual', 'failure'],
    ['trial', 'neither'],
  ])
})

t.test('an open circuit sends nothing and says when to come back', async (t) => {
  const left: [Pass, Outcome][] = []
  let isSent = false
  const send: Send = async (request, permit) => {
    isSent = true
    return responding(200)(request, permit)
  }
  const refused = circuitWrap(circuitAt(null, left, 12_300))(send)(ask().request, permit)
  t.match(await failure(refused), { code: 'circuit_open', retryAfterS: 13, unsent: true })
  t.notOk(isSent)
  t.strictSame(left, [])
})

t.test('settings: defaults, written, off', async (t) => {
  const defaults = { errorPercent: 50, windowMs: 10_000, minRequests: 20, openForMs: 30_000 }
  t.strictSame(circuitSettings(undefined), defaults)
  t.strictSame(circuitSettings(circuitSchema.parse({})), defaults)
  const written = { error_rate: '5%', window: '1m', min_requests: 3, open_for: '500ms' }
  t.strictSame(circuitSettings(circuitSchema.parse(written)), {
    errorPercent: 5,
    windowMs: 60_000,
    minRequests: 3,
    openForMs: 500,
  })
  t.equal(circuitSettings(circuitSchema.parse('off')), null)
  const wrong = [
    'on',
    { error_rate: '0%' },
    { window: '10ms' },
    { min_requests: 0 },
    { open_for: '25d' },
    { rate: 1 },
  ]
  for (const settings of wrong) t.notOk(circuitSchema.safeParse(settings).success, JSON.stringify(settings))
})
