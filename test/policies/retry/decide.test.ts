import fc from 'fast-check'
import t from 'tap'
import { UpstreamFailure } from '../../../src/core/upstream.ts'
import { mayBeRepeated, RetryBudget, wasNotTaken } from '../../../src/policies/retry/decide.ts'
import { ask } from '../../adapters/upstream/kit.ts'

t.test('only idempotent methods without a body may be repeated', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    t.ok(mayBeRepeated(ask({ method }).request), method)
    t.notOk(mayBeRepeated(ask({ method, body: new Uint8Array(1) }).request), `${method} with a body`)
  }
  for (const method of ['POST', 'PATCH', 'get', 'LOCK', ''])
    t.notOk(mayBeRepeated(ask({ method }).request), method)
})

t.test('only what the upstream did not take is repeated', async (t) => {
  t.ok(wasNotTaken(new UpstreamFailure('upstream_unreachable', '', { unsent: true })))
  t.ok(wasNotTaken(new UpstreamFailure('upstream_timeout', '', { unsent: true })))
  t.notOk(wasNotTaken(new UpstreamFailure('upstream_timeout', '')))
  t.notOk(wasNotTaken(new UpstreamFailure('client_closed', '', { unsent: true })))
  t.notOk(wasNotTaken(new Error('other')))
})

t.test('the first failure may be retried, the next has to be earned', async (t) => {
  const budget = new RetryBudget(20)
  t.ok(budget.spend())
  t.notOk(budget.spend())
  for (let i = 0; i < 4; i++) budget.earn()
  t.notOk(budget.spend())
  budget.earn()
  t.ok(budget.spend())
})

t.test('a budget of 0% allows none', async (t) => {
  const budget = new RetryBudget(0)
  budget.earn()
  t.notOk(budget.spend())
})

t.test('S8 retries never exceed the share of the requests, plus what is saved of a hundred', async () => {
  const steps = fc.array(fc.boolean(), { maxLength: 400 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), steps, (percent, wishes) => {
      const budget = new RetryBudget(percent)
      let requests = 0
      let retries = 0
      for (const wish of wishes) {
        if (wish) retries += Number(budget.spend())
        else requests++
        if (!wish) budget.earn()
        if (retries > 1 + (requests * percent) / 100) return false
      }
      return true
    }),
  )
})

t.test('S8 a long healthy time does not pay for a storm', async (t) => {
  const budget = new RetryBudget(20)
  for (let i = 0; i < 100_000; i++) budget.earn()
  let retries = 0
  while (budget.spend()) retries++
  t.equal(retries, 20)
})

t.test('new settings keep what is saved', async (t) => {
  const budget = new RetryBudget(20)
  for (let i = 0; i < 5; i++) budget.earn()
  budget.adjust(50)
  t.ok(budget.spend())
  t.ok(budget.spend())
  t.notOk(budget.spend())
  budget.earn()
  budget.earn()
  t.ok(budget.spend())
})
