import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkPolicy } from '../../../src/config/checks/check-policy.ts'
import { loadPolicy } from '../../../src/runtime/load.ts'
import { HASH, NOW_MS } from '../compiling.ts'

const ROOT = new URL('../../../', import.meta.url)
/** What each of them silences. */
const SHIPPED = {
  'config/policy.yaml': ['route-for-nobody'],
  'config/tiers.yaml': [],
  'deploy/compose/policy/policy.yaml': [],
}

for (const [path, silences] of Object.entries(SHIPPED)) {
  t.test(`${path}: nothing is told, and nothing silenced but what is shown on purpose`, async (t) => {
    const { compiled, problems, silenced } = checkPolicy(readFileSync(new URL(path, ROOT), 'utf8'), {
      file: path,
      readText: () => HASH,
      env: { SALLYPORT_DEMO_KEY_HASH: HASH },
      nowMs: NOW_MS,
      expiresWithinMs: 0,
    })
    t.ok(compiled.policy)
    t.strictSame(problems, [])
    t.strictSame(
      silenced.map(({ code }) => code),
      silences,
    )
  })
}

t.test('a file that changes meanwhile is looked at as it was compiled', async (t) => {
  const texts = ['{ "type": "object" }', 'no JSON any more']
  const text = `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
keys: [{ id: a, hash: "${HASH}" }]
routes: [{ id: a, match: { path: /a }, auth: key, upstream: api, validate: { body: ./b.json } }]
`
  const readText = () => texts.shift() ?? ''
  const { problems } = checkPolicy(text, { file: 'p', readText, env: {}, nowMs: NOW_MS, expiresWithinMs: 0 })
  t.strictSame(problems, [])
})

const UNUSED = 'limits: { spare: { by: ip, rate: 1/minute } }'
const policyWith = (comment: string) => `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
${UNUSED}${comment}
routes: [{ id: a, match: { path: /a }, auth: none, upstream: api }]
`

t.test('a gate that loads a file tells what it always told, and nothing that is silenced', async (t) => {
  const file = join(t.testdir(), 'policy.yaml')
  const warningsOf = (comment: string) => {
    writeFileSync(file, policyWith(comment))
    return loadPolicy(file, {}, NOW_MS).warnings.map((warning) => warning.replace(`${file}:`, ''))
  }
  t.strictSame(warningsOf(''), ['3:11: warning: the limit `spare` is used nowhere [unused-name]'])
  t.strictSame(warningsOf(' # sallyport-allow unused-name: for the release of next week'), [])
  t.equal(warningsOf(' # sallyport-allow unused-name').length, 1)
})
