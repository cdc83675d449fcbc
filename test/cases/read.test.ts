import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readSuite } from '../../src/cases/read.ts'
import { NOW_MS, writeCases } from './running.ts'

/** Problems as people read them, without the folder. */
function problemsOf(t: Test, cases: string, more = ''): string[] {
  const file = writeCases(t, { cases, more })
  return readSuite(file, { SECRET: 'canary-9f2b7c' }, NOW_MS).errors.map((text) =>
    text.replace(/^.*\/(?=policy\.)/, ''),
  )
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['  - { name: a, request: GET /open, expect: { status: 200 } }', []],
  [
    '  - { name: a, request: GET /open, expext: { status: 200 } }',
    [
      'policy.test.yaml:4:5: `expect` is missing',
      'policy.test.yaml:4:36: unknown key `expext` (did you mean `expect`?)',
    ],
  ],
  [
    '  - { name: a, request: GET /open, expect: { stauts: 200 } }',
    ['policy.test.yaml:4:46: unknown key `stauts` (did you mean `status`?)'],
  ],
  ['  - { name: a, request: GET /open, expect: {} }', ['policy.test.yaml:4:44: `expect` must say something']],
  [
    '  - { name: a, request: open, expect: { status: 200 } }',
    [
      'policy.test.yaml:4:25: `request`: write METHOD and path, such as GET /posts, or a mapping; it is `open`',
    ],
  ],
  [
    '  - { name: a, request: { path: "/a b" }, expect: { status: 200 } }',
    [
      'policy.test.yaml:4:33: `path`: write path and query as they are sent: ASCII without spaces; it is `/a b`',
    ],
  ],
  [
    '  - { name: a, request: { path: /, ip: 1.2.3 }, expect: { status: 200 } }',
    ['policy.test.yaml:4:40: `ip`: write an address such as 192.0.2.1 or 2001:db8::1; it is `1.2.3`'],
  ],
  [
    '  - { name: a, request: GET /, expect: { route: raed } }',
    ['policy.test.yaml:4:49: there is no route `raed` (did you mean `read`?)'],
  ],
  [
    '  - { name: a, request: GET /, expect: { code: rate_limit } }',
    [
      'policy.test.yaml:4:48: `code` is no code of docs/errors.md; it is `rate_limit` (did you mean `rate_limited`?)',
    ],
  ],
  [
    '  - { name: a, request: GET /, counters: { fwe: 1 }, expect: { charged: { quotas: 1 } } }',
    [
      'policy.test.yaml:4:49: there is no limit `fwe` (did you mean `few`?)',
      'policy.test.yaml:4:83: there is no limit `quotas` (did you mean `quota`?)',
    ],
  ],
  [
    '  - { name: a, request: GET /, identity: { key: acne }, expect: { status: 200 } }',
    ['policy.test.yaml:4:49: there is no key `acne` (did you mean `acme`?)'],
  ],
  [
    '  - { name: a, request: GET /, identity: { key: acme, authenticator: kye }, expect: { status: 200 } }',
    ['policy.test.yaml:4:70: there is no authenticator `kye` (did you mean `key`?)'],
  ],
  [
    '  - { name: a, request: GET /, identity: { subject: s, limits: [fwe] }, expect: { status: 200 } }',
    ['policy.test.yaml:4:65: there is no limit `fwe` (did you mean `few`?)'],
  ],
  [
    '  - { name: a, request: GET /, identity: { key: acme, org: x }, expect: { status: 200 } }',
    ['policy.test.yaml:4:42: `identity`: `org`, `scopes`, `roles` and `limits` go with `subject` only'],
  ],
  [
    '  - { name: a, request: GET /, identity: { org: x }, expect: { status: 200 } }',
    ['policy.test.yaml:4:42: `identity` must have one of `key`, `key_text` and `subject`'],
  ],
  [
    '  - { name: a, request: GET /, identity: unkown, expect: { status: 200 } }',
    [
      'policy.test.yaml:4:42: `identity` must be one of `none`, `unknown`, `ambiguous` or a mapping of settings; it is `unkown` (did you mean `unknown`?)',
    ],
  ],
  [
    '  - { name: a, request: GET /, upstream: { fails: timeout, status: 1 }, expect: { status: 200 } }',
    ['policy.test.yaml:4:68: `status` must be at least 200; it is `1`'],
  ],
  [
    '  - { name: a, request: GET /, upstream: { fails: timeout, status: 200 }, expect: { status: 200 } }',
    ['policy.test.yaml:4:42: `upstream`: a reply that `fails` has no `status`, `headers` and `body`'],
  ],
  [
    '  - { name: a, request: GET /, at: yesterday, expect: { status: 200 } }',
    [
      'policy.test.yaml:4:36: `at`: write a time such as 2027-01-31T23:59:59Z or a date such as 2027-01-31; it is `yesterday`',
    ],
  ],
  [
    '  - { name: a, request: GET /, expect: { headers: { "a b": x } } }',
    ['policy.test.yaml:4:53: `a b`: is not a header name'],
  ],
  [
    '  - { name: a, request: GET /, expect: { body: { matches: "" } } }',
    [
      'policy.test.yaml:4:59: `matches` must not be empty: that is found in every text; `.` is any text but an empty one; it is ``',
    ],
  ],
  [
    '  - { name: a, request: GET /, counters: { few: { under_way: 1 }, places: 3 }, expect: { status: 200 } }',
    [
      'policy.test.yaml:4:62: the limit `few` has no `concurrent`',
      'policy.test.yaml:4:75: the limit `places` has no rate, burst or quota that could be spent',
    ],
  ],
  [
    '  - { name: a, before: [{ request: GET /, identity: { key: acne } }], request: GET /, expect: { status: 200 } }',
    ['policy.test.yaml:4:60: there is no key `acne` (did you mean `acme`?)'],
  ],
  [
    '  - { name: a, before: [{ request: GET /, repeat: 101 }], request: GET /, expect: { status: 200 } }',
    ['policy.test.yaml:4:51: `repeat` must be at most 100; it is `101`'],
  ],
  [
    '  - { name: a, request: GET /, expect: { body: { matches: "(" } } }',
    ['policy.test.yaml:4:59: `matches` is not a regular expression of RE2; it is `(`'],
  ],
  [
    '  - { name: a, request: GET /, expect: { body: { matches: "(?=a)" } } }',
    ['policy.test.yaml:4:59: `matches` is not a regular expression of RE2; it is `(?=a)`'],
  ],
  [
    '  - { name: a, request: GET /, expect: { status: 200 } }\n  - { name: a, request: GET /, expect: { status: 200 } }',
    ['policy.test.yaml:5:13: the case on line 4 has the same name'],
  ],
  [
    '  - { name: a, request: GET /, identity: { key_text: "${env:SECRET}" }, expect: { status: "${env:SECRET}" } }',
    [
      'policy.test.yaml:4:91: the value that `${env:SECRET}` stands for does not fit `status`: it must be a number',
    ],
  ],
  ['  []', ['policy.test.yaml:4:3: `cases` must have at least 1 entry']],
  [
    '  {',
    [
      'policy.test.yaml:4:4: not well-formed YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
  ],
]

for (const [cases, wanted] of CASES) {
  t.test(`${wanted[0] ?? 'no problem'}`, async (t) => {
    const told = problemsOf(t, cases)
    t.strictSame(told, wanted)
    t.notMatch(told.join(), /canary/)
  })
}

t.test('the top of the file', async (t) => {
  const good = '  - { name: a, request: GET /open, expect: { status: 200 } }'
  t.strictSame(problemsOf(t, good, 'coverag: 1'), [
    'policy.test.yaml:2:1: unknown key `coverag` (did you mean `coverage`?)',
  ])
  t.strictSame(problemsOf(t, good, 'coverage: 101%'), [
    'policy.test.yaml:2:11: `coverage`: at most 100%; it is `101%`',
  ])
  t.strictSame(problemsOf(t, good, 'env: { "a b": c }'), [
    'policy.test.yaml:2:8: `a b`: is not the name of an environment variable',
  ])
  t.match(problemsOf(t, good, 'policy: other.yaml'), [/other\.yaml: ENOENT/])
})

t.test('a policy that does not compile is told with its own problems', async (t) => {
  const file = writeCases(t, { cases: '  - { name: a, request: GET /, expect: { status: 200 } }\n' })
  appendFileSync(join(file, '../policy.yaml'), 'rotues: []\n')
  const { suite, errors, files } = readSuite(file, {}, NOW_MS)
  t.equal(suite, null)
  t.match(errors, [/policy\.yaml:\d+:1: unknown key `rotues`/])
  t.strictSame(files.slice(0, 2), [file, join(file, '../policy.yaml')])
})

t.test('the name of the file tells the policy, or `policy` does', async (t) => {
  const file = writeCases(t, { cases: '  - { name: a, request: GET /open, expect: { status: 200 } }\n' })
  t.match(readSuite(file, {}, NOW_MS).suite?.policyFile, /\/policy\.yaml$/)
  const other = join(file, '../tests.yaml')
  const text = 'cases: [{ name: a, request: GET /open, expect: { status: 200 } }]\nversion: 1\n'
  writeFileSync(other, text)
  t.match(readSuite(other, {}, NOW_MS).errors, [/tests\.yaml:1:1: `policy` is missing \(a file that is not/])
  writeFileSync(other, `${text}policy: ./policy.yaml\n`)
  t.strictSame(readSuite(other, {}, NOW_MS).errors, [])
})

t.test('`env` of the file goes before that of the process', async (t) => {
  const policy = (name: string) => `version: 1
upstreams: { api: { url: "\${env:${name}}" } }
routes: [{ id: open, match: { path: /open }, auth: none, upstream: api }]
`
  const cases = '  - { name: a, request: GET /open, expect: { status: 200 } }\n'
  const env = { OUTER: 'http://127.0.0.1:1', BOTH: 'nonsense' }
  const errorsFor = (name: string) =>
    readSuite(
      writeCases(t, { policy: policy(name), cases, more: 'env: { BOTH: "http://127.0.0.1:2" }' }),
      env,
      NOW_MS,
    ).errors
  t.strictSame([errorsFor('OUTER'), errorsFor('BOTH')], [[], []])
  t.match(errorsFor('NEITHER').join(), /NEITHER is not set/)
})

t.test('too many cases, a file that is none, and one that is too large', async (t) => {
  const many = Array.from(
    { length: 10_001 },
    (_, i) => `  - { name: c${i}, request: GET /, expect: { status: 1 } }\n`,
  )
  t.match(problemsOf(t, many.join('')), [/^policy\.test\.yaml:\d+:\d+: .*10001 cases, at most 10000|./])
  t.match(readSuite('/dev/zero', {}, 0).errors, [/not a regular file/])
  t.match(readSuite('/nowhere.test.yaml', {}, 0).errors, [/ENOENT/])
})
