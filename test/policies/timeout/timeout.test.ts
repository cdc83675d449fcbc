import t from 'tap'
import type { Send } from '../../../src/core/upstream.ts'
import { timeoutWrap } from '../../../src/policies/timeout/index.ts'
import { timeoutSchema, timeoutSettings } from '../../../src/policies/timeout/schema.ts'

t.test('settings: defaults and written', async (t) => {
  const defaults = { connectMs: 1000, responseMs: 15_000, idleMs: 60_000 }
  t.strictSame(timeoutSettings(undefined), defaults)
  t.strictSame(timeoutSettings(timeoutSchema.parse({})), defaults)
  t.strictSame(timeoutSettings(timeoutSchema.parse({ connect: '250ms', response: '2m', idle: '1h' })), {
    connectMs: 250,
    responseMs: 120_000,
    idleMs: 3_600_000,
  })
})

t.test('no clock can be turned off, or run longer than a timer can', async (t) => {
  for (const wrong of [{ connect: '0s' }, { response: '25d' }, { idle: 5 }, { total: '1s' }]) {
    t.notOk(timeoutSchema.safeParse(wrong).success, JSON.stringify(wrong))
  }
})

t.test('the layer itself adds nothing', async (t) => {
  const send: Send = async () => Promise.reject(new Error('unused'))
  t.equal(timeoutWrap(send), send)
})
