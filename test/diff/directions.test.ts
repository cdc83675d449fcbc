import fc from 'fast-check'
import t from 'tap'
import type { Change, Severity } from '../../src/diff/change.ts'
import { diff } from '../../src/diff/diff.ts'
import { NOW_MS } from '../config/compiling.ts'
import { policyAfter, someRows } from './random.ts'
import { type Draft, hashOf, outlined, textOf } from './scene.ts'

const label = fc.stringMatching(/^[a-z]{3,12}$/)
const byte = fc.integer({ min: 0, max: 255 })

/** What opens a policy and closes nothing: numbers are beyond those of every row. Of each the way back closes it. */
const OPENINGS: readonly fc.Arbitrary<(draft: Draft) => void>[] = [
  label.map((name) => (p) => p.routes[1].cors.origins.push(`https://${name}.example.net`)),
  label.map((name) => (p) => p.routes[1].allow.orgs.push(`org-${name}`)),
  label.map((name) => (p) => p.routes[1].allow.roles.push(`role-${name}`)),
  label.map((name) => (p) => p.routes[1].allow.any_scope.push(`scope-${name}`)),
  label.map((name) => (p) => p.keys[0].scopes.push(`scope-${name}`)),
  label.map((name) => (p) => p.routes[1].validate.query.allowed.push(`param-${name}`)),
  label.map(
    (name) => (p) =>
      p.routes.push({
        id: `new-${name}`,
        match: { path: `/new/${name}` },
        auth: 'none',
        limits: ['address'],
      }),
  ),
  label.map((name) => (p) => p.keys.push({ id: `new-${name}`, hash: hashOf(77) })),
  fc.tuple(byte, byte).map(
    ([a, b]) =>
      (p) =>
        p.routes[1].access.allow.push(`172.16.${a}.${b}`),
  ),
  fc.integer({ min: 11, max: 1000 }).map((rate) => (p) => (p.limits.shut.rate = `${rate}/minute`)),
  fc.integer({ min: 9, max: 1000 }).map((count) => (p) => (p.limits.places.concurrent = count)),
  fc.integer({ min: 20_001, max: 100_000 }).map((count) => (p) => {
    for (const limit of Object.values<Draft>(p.limits)) {
      if (limit.quota !== undefined) limit.quota = `${count}/month`
    }
  }),
  fc.integer({ min: 3, max: 100 }).map((size) => (p) => (p.routes[1].validate.max_body = `${size}MB`)),
  fc.integer({ min: 201, max: 1000 }).map((count) => (p) => (p.server = { ...p.server, max_headers: count })),
  fc.constantFrom('PUT', 'PATCH', 'DELETE').map((method) => (p) => p.routes[0].match.methods.push(method)),
]

interface Told {
  readonly there: ReadonlySet<Severity>
  readonly back: ReadonlySet<Severity>
}

/** null: there is nothing to be opened in this policy, or it would contradict itself. */
function told(old: Draft, open: (draft: Draft) => void): Told | null {
  const now = structuredClone(old)
  try {
    open(now)
    if (JSON.stringify(now) === JSON.stringify(old)) return null
    const [before, after] = [outlined(textOf(old), 'old.yaml'), outlined(textOf(now), 'new.yaml')]
    const severities = (changes: readonly Change[]) => new Set(changes.map(({ severity }) => severity))
    return {
      there: severities(diff(before, after, NOW_MS)),
      back: severities(diff(after, before, NOW_MS)),
    }
  } catch (error) {
    if (error instanceof TypeError || /^(?:Error: )?(?:old|new)\.yaml:\d/.test(String(error))) return null
    throw error
  }
}

for (const [index, opening] of OPENINGS.entries()) {
  t.test(
    `opening ${index + 1} is told beside whatever a policy holds, and closes on the way back`,
    async (t) => {
      let judged = 0
      fc.assert(
        fc.property(someRows, opening, (rows, open) => {
          const old = policyAfter(rows)
          const found = old === null ? null : told(old, open)
          fc.pre(found !== null)
          if (found === null) return
          judged += 1
          if (!found.there.has('more_open') || found.there.has('more_closed'))
            throw new Error('the way there')
          if (!found.back.has('more_closed') || found.back.has('more_open')) throw new Error('the way back')
        }),
        { numRuns: 6 },
      )
      t.ok(judged > 0, 'some of them were judged')
    },
  )
}
