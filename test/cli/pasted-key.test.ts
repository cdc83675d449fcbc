import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { hashKey, newKey } from '../../src/policies/key/format.ts'
import { runLine } from './terminal.ts'

const KEY = newKey(randomBytes)
const HASH = `sha256:${hashKey(KEY)}`

const policy = (entry: string): string => `version: 1
upstreams: { api: { url: "http://127.0.0.1:1" } }
keys: [{ ${entry} }]
routes: [{ id: a, match: { path: /a, methods: [GET] }, auth: [key], upstream: api }]
`
const caseWith = (key: string): string =>
  `version: 1\ncases: [{ name: a, request: GET /a, identity: { key: ${key} }, expect: { status: 200 } }]\n`

t.test('a key where its id belongs is told as such, and not shown', async (t) => {
  const dir = t.testdir({
    'policy.yaml': policy(`id: me, hash: "${HASH}"`),
    'policy.test.yaml': caseWith(KEY),
  })
  const file = join(dir, 'policy.yaml')
  for (const [args, why] of [
    [['explain', file, 'GET /a', '--key', KEY], /--key is a key itself: give its id instead/],
    [['explain', file, 'GET /a', KEY], /sp_live_\*\*\* is no request/],
    [['explain', KEY, '/a'], /cannot be read|no such file/],
    [['limits', 'show', 'few', '--key', KEY], /--key holds a key itself: name the key by its id/],
    [['limits', 'reset', 'few', '--subject', KEY], /--subject holds a key itself/],
    [['limits', 'show', 'few', KEY], /sp_live_\*\*\* is one word too many/],
    [['keys', 'new', KEY], /sp_live_\*\*\* is one word too many/],
    [['keys', KEY], /there is no `keys sp_live_\*\*\*`/],
    [['test', join(dir, 'policy.test.yaml'), '--filter', KEY], /refused|no case/],
    [['schema', KEY], /sp_live_\*\*\*/],
    [[KEY], /no command sp_live_\*\*\*/],
  ] as const) {
    const { code, stdout, stderr } = await runLine(...args)
    t.not(code, 0, args.join(' '))
    t.match(stdout + stderr, why)
    t.notMatch(stdout + stderr, KEY.slice(8), args.join(' '))
  }
})

t.test(
  'a policy with a key where a name or its hash belongs is refused, and the key is not shown',
  async (t) => {
    for (const [entry, why] of [
      [`id: ${KEY}, hash: "${HASH}"`, /`id` must not hold a key itself: .* only its `hash` belongs here/],
      [`id: a_${KEY}, hash: "${HASH}"`, /`id` must not hold a key itself/],
      [`id: me, hash: "${HASH}", subject: ${KEY}`, /`subject` must not hold a key itself/],
      [`id: me, hash: "${HASH}", org: ${KEY}`, /`org` must not hold a key itself/],
      [`id: me, hash: "${HASH}", scopes: [${KEY}]`, /`scopes` must not hold a key itself/],
      [
        `id: me, hash: ${KEY}`,
        /`hash` is the key itself, .*sha256: and .* `printf %s "\$KEY" \| sha256sum` prints/,
      ],
      [
        'id: me, hash: my-own-key-of-old',
        /`hash`: write sha256: .* `sallyport keys new` .* \| sha256sum` prints/,
      ],
    ] as const) {
      const dir = t.testdir({ 'policy.yaml': policy(entry) })
      for (const more of [[], ['--json']]) {
        const { code, stdout, stderr } = await runLine('check', join(dir, 'policy.yaml'), ...more)
        t.equal(code, 1)
        if (more.length === 0) t.match(stdout, why)
        t.notMatch(stdout + stderr, KEY.slice(8))
        t.notMatch(stdout + stderr, 'my-own-key-of-old')
      }
    }
  },
)

t.test('names that only begin like a key stay good', async (t) => {
  const dir = t.testdir({ 'policy.yaml': policy(`id: sp_live_of_acme, hash: "${HASH}", org: sp_test_`) })
  t.equal((await runLine('check', join(dir, 'policy.yaml'))).code, 0)
})
