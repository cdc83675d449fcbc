import t from 'tap'
import { type Send, UpstreamFailure, type UpstreamResponse } from '../../../src/core/upstream.ts'
import { RetryBudget } from '../../../src/policies/retry/decide.ts'
import { retryWrap } from '../../../src/policies/retry/index.ts'
import { retrySchema, retrySettings } from '../../../src/policies/retry/schema.ts'
import { ask, failure, upstreamAt } from '../../adapters/upstream/kit.ts'
import { permitFor } from '../../support/permit.ts'

const permit = await permitFor(upstreamAt('http://127.0.0.1:1'))
const OK: UpstreamResponse = {
  status: 200,
  statusText: '',
  headers: [],
  body: { attach: () => undefined, resume: () => undefined, cancel: () => undefined },
}
const UNSENT = new UpstreamFailure('upstream_unreachable', 'refused', { unsent: true })

/** Fails as often as it is told, then answers. */
function failing(
  times: number,
  error: Error = UNSENT,
): { readonly send: Send; readonly calls: () => number } {
  let calls = 0
  const send: Send = async () => {
    calls++
    if (calls <= times) throw error
    return OK
  }
  return { send, calls: () => calls }
}

const wrapped = (send: Send, attempts = 2): Send =>
  retryWrap({ attempts, budgetPercent: 100 }, new RetryBudget(100))(send)

t.test('a try that was not taken is made again, and told of', async (t) => {
  const { send, calls } = failing(1)
  let retries = 0
  const { request } = ask({ onRetry: () => retries++ })
  t.equal(await wrapped(send)(request, permit), OK)
  t.equal(calls(), 2)
  t.equal(retries, 1)
})

t.test('at most so many tries', async (t) => {
  const { send, calls } = failing(9)
  const budget = new RetryBudget(100)
  for (let i = 0; i < 10; i++) budget.earn()
  const retrying = retryWrap({ attempts: 3, budgetPercent: 100 }, budget)(send)
  t.equal(await failure(retrying(ask().request, permit)), UNSENT)
  t.equal(calls(), 3)
})

t.test('V88 never an unsafe method, nor one with a body', async (t) => {
  for (const more of [{ method: 'POST' }, { method: 'PATCH' }, { method: 'PUT', body: new Uint8Array(1) }]) {
    const { send, calls } = failing(1)
    await failure(wrapped(send)(ask(more).request, permit))
    t.equal(calls(), 1)
  }
})

t.test('V88 never after the upstream may have acted', async (t) => {
  const { send, calls } = failing(1, new UpstreamFailure('upstream_timeout', 'no reply'))
  await failure(wrapped(send)(ask().request, permit))
  t.equal(calls(), 1)
})

t.test('S8 not without budget', async (t) => {
  const { send, calls } = failing(9)
  const retrying = retryWrap({ attempts: 2, budgetPercent: 1 }, new RetryBudget(1))(send)
  await failure(retrying(ask().request, permit))
  await failure(retrying(ask().request, permit))
  t.equal(calls(), 3)
})

t.test('one attempt adds no layer', async (t) => {
  const { send } = failing(0)
  t.equal(wrapped(send, 1), send)
})

t.test('settings: defaults, written, off', async (t) => {
  t.strictSame(retrySettings(undefined), { attempts: 2, budgetPercent: 20 })
  t.strictSame(retrySettings(retrySchema.parse({})), { attempts: 2, budgetPercent: 20 })
  t.strictSame(retrySettings(retrySchema.parse({ attempts: 3, budget: '5%' })), {
    attempts: 3,
    budgetPercent: 5,
  })
  t.strictSame(retrySettings(retrySchema.parse('off')), { attempts: 1, budgetPercent: 0 })
  for (const wrong of [
    'on',
    { attempts: 0 },
    { attempts: 6 },
    { budget: 20 },
    { budget: '101%' },
    { tries: 2 },
  ]) {
    t.notOk(retrySchema.safeParse(wrong).success)
  }
})
