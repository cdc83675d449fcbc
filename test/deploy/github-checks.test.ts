import t from 'tap'
import { documentOf, REPLIES } from '../import/documents.ts'
import { AT, OPEN, POLICY, Repository } from './github.ts'

const TESTS = `version: 1
cases:
  - { name: nobody comes in, request: GET /a, expect: { outcome: refuse, code: key_missing } }
`
const DOCUMENT = documentOf({ '/a': { get: REPLIES } })

t.test('a policy that is refused fails at once', async (t) => {
  const { failed, log } = new Repository(t, {}, { [AT]: POLICY.replace('auth', 'auht') }).run()
  t.equal(failed, 'Check the policy')
  t.match(log, /config\/policy\.yaml:5:\d+: .*auht/)
})

t.test('warnings fail only when that is asked for', async (t) => {
  const open = OPEN.replace('[GET]', '[POST]')
  const repository = new Repository(t, { [AT]: open }, {})
  t.equal(repository.run().failed, null)
  t.equal(repository.run({ strict: 'true' }).failed, 'Check the policy')
})

t.test('its tests are run, and one that fails fails the job', async (t) => {
  const beside = { [AT]: POLICY, 'config/policy.test.yaml': TESTS }
  t.equal(new Repository(t, beside, {}).run().failed, null)
  const { failed, log } = new Repository(t, beside, { [AT]: OPEN }).run()
  t.equal(failed, 'Run its tests')
  t.match(log, /::error/)
  const elsewhere = new Repository(
    t,
    {},
    { [AT]: OPEN, 'tests/mine.yaml': TESTS.replace('\n', '\npolicy: ../config/policy.yaml\n') },
  )
  t.equal(elsewhere.run({ tests: 'tests/mine.yaml' }).failed, 'Run its tests', 'wherever they are')
})

t.test('a document of the API that differs fails', async (t) => {
  const { failed, log } = new Repository(t, {}, { [AT]: POLICY, 'my api.json': DOCUMENT }).run({
    openapi: 'my api.json',
  })
  t.equal(failed, 'Check the policy')
  t.match(log, /\[credential-not-described\]/)
})
