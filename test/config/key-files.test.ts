import t from 'tap'
import { compile } from '../../src/config/compile.ts'
import { HASH, NOW_MS } from './compiling.ts'
import { compileFiles, hashOf, line, policy, problemsOf, told } from './key-files.ts'

const CANARY = 'canary-7d31c09'

t.test('keys of the policy and of its files are one table', async (t) => {
  const keys = `keys: [{ id: listed, hash: "${HASH}" }]\nkey_files: [./a.jsonl, sub/b.jsonl]`
  const content = `\ufeff${line(1, { org: 'acme', scopes: ['x'], limits: ['slow'], routes: ['orders'] })}\r\n\n  \n${line(2)}`
  const compiled = compileFiles(
    { 'a.jsonl': content, 'sub/b.jsonl': line(3, { subject: 'ä€😀' }) },
    policy(keys),
  )
  t.strictSame(compiled.problems, [])
  t.strictSame([...(compiled.keys?.byId.keys() ?? [])], ['listed', 'key-1', 'key-2', 'key-3'])
  const entry = compiled.keys?.byId.get('key-1')
  t.match(entry, { hash: hashOf(1).slice(7), org: 'acme', scopes: ['x'], limits: ['slow'], subject: 'key-1' })
  t.strictSame(entry?.routes, new Set(['orders']))
  t.equal(compiled.keys?.byHash.get(hashOf(3).slice(7))?.subject, 'ä€😀')
})

t.test('an empty file has no keys', async (t) => {
  t.equal(compileFiles({ 'keys.jsonl': '' }).keys?.byId.size, 0)
})

t.test('without a way to read pieces the file is read as text', async (t) => {
  const readText = () => line(1)
  const compiled = compile(policy(), { file: 'p.yaml', readText, env: {}, nowMs: NOW_MS })
  t.equal(compiled.keys?.byId.size, 1)
})

t.test('the hash of the policy is of its key files, too', async (t) => {
  const hash = (content: string) => compileFiles({ 'keys.jsonl': content }).policy?.hash
  t.not(hash(line(1)), hash(line(2)))
  t.equal(hash(line(1)), hash(line(1)))
})

const good = hashOf(9)
const BAD: readonly (readonly [name: string, text: string, wanted: string])[] = [
  ['an unknown key', `{"id":"a","hash":"${good}","scope":[]}`, '92: unknown key (did you mean `scopes`?)'],
  ['an unknown key that is none at all', `{"id":"a","hash":"${good}","${CANARY}":1}`, '92: unknown key'],
  ['a key instead of its hash', `{"id":"a","hash":"${CANARY}"}`, '18: `hash`: write sha256: and 64'],
  ['no hash', ' {"id":"a"}', '2: `hash` is missing'],
  ['an id that is none', `{"hash":"${good}","id":"a b"}`, '88: `id`: write 1 to 100'],
  ['a number for text', `{"id":"a","hash":"${good}","org":7}`, '98: `org` must be text'],
  ['text for a list', `{"id":"a","hash":"${good}","scopes":"${CANARY}"}`, '101: `scopes` must be a list'],
  [
    'a bad entry of a list',
    `{"id":"a","hash":"${good}","scopes":["x", 1]}`,
    '107: an entry of `scopes` must be text',
  ],
  ['null', `{"id":"a","hash":"${good}","org":null}`, '98: `org` has no value'],
  [
    'text for a boolean',
    `{"id":"a","hash":"${good}","revoked":"no"}`,
    '102: `revoked` must be `true` or `false`',
  ],
  [
    'a date that is none',
    `{"id":"a","hash":"${good}","expires":"2027-02-30"}`,
    '102: `expires`: write a date',
  ],
  [
    'a control character',
    `{"id":"a","hash":"${good}","org":"\\u001b${CANARY}"}`,
    '98: `org`: only printable',
  ],
  [
    'a key twice',
    `{"id":"a","hash":"${good}","revoked":true,"revoked":false}`,
    '107: this key stands here twice',
  ],
  [
    'a key twice, once escaped',
    `{"id":"a","hash":"${good}","\\u0069d":"b"}`,
    '92: this key stands here twice',
  ],
  ['__proto__', `{"id":"a","hash":"${good}","__proto__":{"revoked":false}}`, '92: unknown key'],
  [
    'a reference',
    `{"id":"a","hash":"\${env:${CANARY}}"}`,
    '19: a reference: in key files nothing is resolved',
  ],
  ['a list', `[${CANARY.length}]`, '1: a line is one entry of `keys`: a JSON object'],
  ['text', ` "${CANARY}"`, '2: a line is one entry of `keys`: a JSON object'],
  ['YAML', `{ id: ${CANARY}, hash: "${good}" }`, '3: not well-formed JSON'],
  ['a comma at the end', `{"id":"a","hash":"${good}",}`, '92: not well-formed JSON'],
  ['half a line', `{"id":"a","hash":"${CANARY}`, '18: not well-formed JSON'],
  ['two entries on a line', `{"id":"a","hash":"${good}"}{"id":"${CANARY}"}`, '92: not well-formed JSON'],
  ['a comma between lines', `{"id":"a","hash":"${good}"},`, '92: not well-formed JSON'],
  ['depth', `${'['.repeat(2000)}${']'.repeat(2000)}`, '18: not well-formed JSON'],
  [
    'an unknown limit',
    `{"id":"a","hash":"${good}","limits":["slow","slaw"]}`,
    '109: there is no such limit (did you mean `slow`?)',
  ],
  ['an unknown route', `{"id":"a","hash":"${good}","routes":["${CANARY}"]}`, '102: there is no such route'],
  ['an id that is taken', `{"id":"key-1","hash":"${good}"}`, '7: the key on line 1 has the same id'],
  ['a hash that is taken', `{"id":"a","hash":"${hashOf(1)}"}`, '18: the key on line 1 has the same hash'],
  ['a long line', `{"id":"${CANARY.repeat(400)}"}`, '1: this line is longer than 4KB'],
]

for (const [name, text, wanted] of BAD) {
  t.test(`${name} is told with line and column, and nothing of the line`, async (t) => {
    const problems = told(problemsOf(`${line(1)}\n\n${text}\n${line(2)}\n`))
    t.equal(problems.length, 1)
    t.ok(problems[0]?.startsWith(`keys.jsonl:3:${wanted}`), `${problems[0]}`)
    t.notMatch(problems.join(), /canary|00000/)
  })
}

t.test('bytes that are no UTF-8 are told with their line', async (t) => {
  const bytes = Buffer.concat([
    Buffer.from(`${line(1)}\n{"id":"`),
    Buffer.from([0xff, 0xc0]),
    Buffer.from('"}'),
  ])
  t.strictSame(told(problemsOf(bytes)), ['keys.jsonl:2:1: this line is not UTF-8'])
})

t.test('a key that has expired is a warning; many are a few and their number', async (t) => {
  const expired = (count: number) =>
    Array.from({ length: count }, (_, i) => line(i, { expires: '2025-01-01' })).join('\n')
  const few = told(problemsOf(expired(2)))
  t.strictSame(
    few,
    [1, 2].map((n) => `keys.jsonl:${n}:96: warning: this key has expired [key-expired]`),
  )
  const many = told(problemsOf(expired(500)))
  t.equal(many.length, 6)
  t.equal(many[0], 'policy.yaml:2:13: warning: 495 more keys of this file have expired [key-expired]')
})
