import t from 'tap'
import type { Plan } from './case.ts'
import { minimised } from './minimise.ts'
import type { Finding, Job } from './session.ts'

const PLAN: Plan = {
  kind: 'requests',
  seed: 1,
  index: 1,
  mutations: [
    { name: 'split', seed: 1 },
    { name: 'longTarget', seed: 2 },
    { name: 'forge', seed: 3 },
  ],
}

/** Finds something whenever the bytes say so. */
function finding(shows: (bytes: string) => boolean) {
  return {
    async batch([job]: readonly Job[]): Promise<Finding[]> {
      return shows(job?.script.writes.join('') ?? '') ? [{ at: 0, what: 'x' }] : []
    },
  }
}

t.test('only the mutations that it takes are left', async (t) => {
  const { plan, repeats } = await minimised(
    PLAN,
    finding((bytes) => bytes.includes('evil-forged')),
  )
  t.strictSame([plan.mutations.map(({ name }) => name), repeats], [['forge'], true])
})

t.test('what does not happen again is kept whole, and said to be so', async (t) => {
  const { plan, repeats } = await minimised(
    PLAN,
    finding(() => false),
  )
  t.strictSame([plan, repeats], [PLAN, false])
})
