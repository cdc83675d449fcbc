import fc from 'fast-check'
import t from 'tap'
import { type Asking, isReported, replyPlanOf } from '../../src/core/mode.ts'
import type { Reporting, Route } from '../../src/core/policy.ts'
import { ROUTE } from '../policies/request.ts'

const QUIET = { drop: new Set<string>(), set: [] }

function routeWith(enforcedPercent: number, reply = QUIET): Route {
  const reporting: Reporting = { checks: new Set(['limit']), enforcedPercent, reply }
  return { ...ROUTE, reporting }
}

function asking(parts: { subject?: string; keyId?: string; client?: string } = {}): Asking {
  const { subject = '', keyId = '', client = '192.0.2.1' } = parts
  return { facts: { client }, principal: { subject, keyId } }
}

/** How many of ten thousand are let through. */
function reportedOf(percent: number, parts: (i: number) => Parameters<typeof asking>[0]): number {
  const route = routeWith(percent)
  return Array.from({ length: 10_000 }, (_, i) => isReported(route, 'limit', asking(parts(i)))).filter(
    Boolean,
  ).length
}

t.test('only the checks that are named report', async (t) => {
  t.equal(isReported(ROUTE, 'limit', asking()), false)
  t.equal(isReported(routeWith(0), 'limit', asking()), true)
  t.equal(isReported(routeWith(0), 'auth', asking()), false)
})

t.test('a share is that of the principals, whatever they are called', async (t) => {
  const names: ((i: number) => Parameters<typeof asking>[0])[] = [
    (i) => ({ subject: `user-${i}` }),
    (i) => ({ subject: `${i}@example.com` }),
    (i) => ({ keyId: `key${i}` }),
    (i) => ({ client: `10.0.${i >> 8}.${i & 255}` }),
    (i) => ({ client: `2001:db8:0:${i.toString(16)}:0:0:0:1` }),
  ]
  for (const name of names) {
    for (const percent of [1, 10, 50, 99]) {
      const share = 100 - reportedOf(percent, name) / 100
      t.ok(Math.abs(share - percent) < 2, `${percent}% is ${share}%`)
    }
  }
})

t.test('who is in stays in when the share grows, on every route', async () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(99), fc.nat(99), (subject, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)]
      const isIn = (percent: number) =>
        !isReported(routeWith(percent), 'limit', asking({ subject, keyId: 'k' }))
      return !isIn(less) || isIn(more)
    }),
  )
})

t.test('a principal is told by subject, then key, then the block of its address', async (t) => {
  const route = routeWith(50)
  const isIn = (parts: Parameters<typeof asking>[0]) => !isReported(route, 'limit', asking(parts))
  for (let i = 0; i < 100; i++) {
    const same = isIn({ subject: `s${i}` })
    t.equal(isIn({ subject: `s${i}`, keyId: `${i}`, client: `192.0.2.${i}` }), same)
    t.equal(isIn({ keyId: `k${i}`, client: `192.0.2.${i}` }), isIn({ keyId: `k${i}` }))
    t.equal(isIn({ client: `2001:db8:0:${i}:0:0:0:1` }), isIn({ client: `2001:db8:0:${i}:ffff:0:0:2` }))
  }
})

t.test('the reply plan of a request is that of its address', async (t) => {
  const { reply } = ROUTE
  t.equal(replyPlanOf(ROUTE, asking()), reply)
  const plans = new Set(
    Array.from({ length: 100 }, (_, i) =>
      replyPlanOf(routeWith(50), asking({ client: `192.0.2.${i}`, subject: 'ann' })),
    ),
  )
  t.strictSame(plans, new Set([reply, QUIET]))
  t.equal(replyPlanOf(routeWith(0), asking()), QUIET)
})
