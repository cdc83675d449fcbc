import t from 'tap'
import { checked as checkedAll, dayIn, policyOf, type Surroundings } from './checking.ts'

const hashOf = (number: number) => `sha256:${String(number).padStart(64, 'a0')}`

/** What is told of keys, not of the routes that they leave to nobody. */
function checked(text: string, surroundings?: Surroundings) {
  const { problems } = checkedAll(text, surroundings)
  return { problems: problems.filter(({ code }) => code !== 'route-for-nobody') }
}

const found = (text: string, surroundings?: Surroundings) =>
  checked(text, surroundings).problems.map(({ line, code }) => `${line} ${code}`)

/** Keys from line 2 on, one to a line, and routes that ask for different things. */
const withKeys = (...keys: string[]) =>
  policyOf(
    `keys: [${keys.map((key, i) => `{ id: k${i}, hash: "${hashOf(i)}"${key} }`).join(',\n  ')}]`,
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: key }',
    'routes:',
    '  - { id: read, match: { path: /a, methods: [GET] }, allow: { scopes: [read] } }',
    '  - { id: clerk, match: { path: /b }, allow: { roles: [clerk], orgs: [acme] } }',
    '  - { id: open, match: { path: /c, methods: [GET] }, auth: none }',
  )

t.test('a key that expires within the time is told, at its `expires`', async (t) => {
  const text = withKeys(`, scopes: [read], expires: ${dayIn(30)}`, `, scopes: [read], expires: ${dayIn(31)}`)
  t.strictSame(found(text), ['2 key-expires-soon'])
  t.match(checked(text).problems, [{ message: `the key \`k0\` expires on ${dayIn(30)}` }])
  t.strictSame(found(text, { expiresWithinDays: 31 }), ['2 key-expires-soon', '3 key-expires-soon'])
  t.strictSame(found(text, { expiresWithinDays: 7 }), [])
})

t.test('one that has expired or is revoked is not told again', async (t) => {
  t.strictSame(found(withKeys(`, expires: ${dayIn(0)}`, `, revoked: true, expires: ${dayIn(1)}`)), [
    '2 key-expired',
  ])
})

t.test('a key that no route accepts is told', async (t) => {
  t.strictSame(found(withKeys('', ', scopes: [read]')), ['2 key-without-route'])
  t.strictSame(found(withKeys(', roles: [clerk], org: acme', ', roles: [clerk], org: other')), [
    '3 key-without-route',
  ])
  t.strictSame(found(withKeys(', scopes: [write, read]')), [])
})

t.test("of a key's own routes one has to take it", async (t) => {
  t.strictSame(found(withKeys(', scopes: [read], routes: [clerk, open]')), ['2 key-without-route'])
  t.strictSame(found(withKeys(', scopes: [read], routes: [clerk, read]')), [])
})

t.test('keys of key files are told in the policy, a few and the number of the others', async (t) => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, i) => JSON.stringify({ id: `f${i}`, hash: hashOf(i) })).join('\n')
  const text = withKeys().replace('keys: []', 'key_files: [./keys.jsonl]')
  const messages = (count: number) =>
    checked(text, { files: { './keys.jsonl': lines(count) } }).problems.map(
      ({ file, line, message }) => `${file}:${line} ${message}`,
    )
  t.strictSame(messages(1), ['policy.yaml:2 the key `f0` is accepted by no route'])
  t.equal(messages(5).length, 5)
  t.equal(messages(400).length, 6)
  t.match(messages(400).join('\n'), '395 more keys are accepted by no route')
})

t.test(
  'a hash that is one digit all along is a placeholder, as in the README: nobody has such a key',
  async (t) => {
    const text = withKeys(', scopes: [read]', ', scopes: [read]', `, expires: ${dayIn(0)}`)
    const zeros = text
      .replace(hashOf(0), `sha256:${'0'.repeat(64)}`)
      .replace(hashOf(2), `sha256:${'f'.repeat(64)}`)
    t.strictSame(found(zeros), ['2 key-placeholder', '4 key-expired'])
    t.match(checked(zeros).problems[0]?.message, 'the key `k0` has a placeholder for its hash')
    t.strictSame(found(text), ['4 key-expired'])
  },
)
