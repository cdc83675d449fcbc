import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { startStore } from '../../src/cli/wire-store.ts'
import { loadPolicy } from '../../src/runtime/load.ts'

const log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  flushNow: () => undefined,
}

const policyText = (more: string) => `version: 1
upstreams: { legacy: { url: "http://127.0.0.1:3000" } }
defaults: { upstream: legacy, auth: none }
routes: [{ id: all, match: { path: /*, methods: [GET] } }]
${more}`

/** What becomes of a policy's store, and whether there is a file. */
async function started(dir: string) {
  const file = join(dir, 'policy.yaml')
  const { compiled, errors } = loadPolicy(file, {}, 0)
  if (compiled === null) throw new Error(errors.join('\n'))
  const part = await startStore({ file, settings: compiled.settings, counters: new MemoryCounters(), log })
  const state = part.state()
  await part.close()
  return { state, isThere: existsSync(join(dir, 'quotas.db')) }
}

for (const [what, more, wanted] of [
  ['no store', '', { state: null, isThere: false }],
  [
    'a store beside the policy',
    'store: sqlite:quotas.db',
    { state: { problem: null, unwritten: 0, lost: 0 }, isThere: true },
  ],
  [
    'a store, but Redis counts',
    'store: sqlite:quotas.db\nredis: redis://127.0.0.1:1',
    { state: null, isThere: false },
  ],
] as const) {
  t.test(`${what}: quotas are kept in it or not`, async (t) => {
    t.strictSame(await started(t.testdir({ 'policy.yaml': policyText(more) })), wanted)
  })
}
