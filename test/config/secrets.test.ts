import fc from 'fast-check'
import t from 'tap'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import { resolveSecrets } from '../../src/config/secrets.ts'
import { compileText, HASH, policyWith } from './compiling.ts'

const sources = (values: Readonly<Record<string, string>>) => ({
  env: values,
  readText: (path: string) => {
    const text = Object.hasOwn(values, path) ? values[path] : undefined
    if (text === undefined) throw new Error(`ENOENT ${path}`)
    return text
  },
})

t.test('text without a reference is plain', async (t) => {
  t.strictSame(resolveSecrets('a $HOME {b} $x', sources({})), { kind: 'plain' })
})

t.test('references are put in, wherever they stand', async (t) => {
  const resolved = resolveSecrets('http://${env:HOST}:${file:port}/', sources({ HOST: 'api', port: '80\n' }))
  t.match(resolved, { kind: 'resolved', text: 'http://api:80/' })
})

t.test('one line feed at the end of a file goes, others stay', async (t) => {
  t.match(resolveSecrets('${file:a}', sources({ a: 'x\r\n' })), { text: 'x' })
  t.match(resolveSecrets('${file:a}', sources({ a: 'x \n\n' })), { text: 'x \n' })
})

t.test('what a reference stands for is not looked at again', async () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((text) => !text.endsWith('\n')),
      (value) => {
        const hidden = `\${env:B}${value}$&$1`
        const resolved = resolveSecrets('<${env:A}>', sources({ A: hidden, B: 'inner' }))
        return resolved.kind === 'resolved' && resolved.text === `<${hidden}>`
      },
    ),
  )
})

const FAILING: readonly (readonly [string, RegExp])[] = [
  ['${env:NOPE}', /NOPE is not set/],
  ['${env:toString}', /toString is not set/],
  ['${env:EMPTY}', /EMPTY is empty/],
  ['${env:LONG}', /holds more than 64KB/],
  ['${env:}', /no reference/],
  ['${env:A-B}', /no reference/],
  ['${env:A:-x}', /no reference/],
  ['${file:nope}', /cannot be read/],
  ['${file:EMPTY}', /is empty/],
  ['${vault:x}', /no reference/],
  ['${}', /no reference/],
  ['${env:A', /without its/],
  ['${env:A}'.repeat(17), /more than 16/],
]

for (const [text, why] of FAILING) {
  t.test(`${text.slice(0, 20)} is refused`, async (t) => {
    const resolved = resolveSecrets(text, sources({ A: 'a', EMPTY: '', LONG: 'x'.repeat(70_000) }))
    t.match(resolved, { kind: 'failed', message: why })
  })
}

t.test('V102: a resolved value is in no problem, wherever the reference stands', async () => {
  const places = [
    'version',
    'listen',
    'ops',
    'hosts',
    'trust',
    'server',
    'drain',
    'audit',
    'identity',
    'upstreams',
    'authenticators',
    'limits',
    'keys',
    'defaults',
    'routes',
    'admin',
    'redis',
  ]
  const inner = fc.constantFrom(
    '"${env:S}"',
    '["${env:S}"]',
    '[{ id: "${env:S}", hash: "${env:S}", limits: ["${env:S}"] }]',
    '{ a: "${env:S}" }',
    '{ a: { url: "${env:S}", type: "${env:S}", by: "${env:S}", rate: "x${env:S}y" } }',
    '{ auth: "${env:S}", upstream: "${env:S}", limits: "${env:S}", mode: "${env:S}" }',
    '[{ id: "${env:S}", match: { path: "/${env:S}", methods: ["${env:S}"], hosts: ["${env:S}"] }, auth: "${env:S}" }]',
    '[{ id: a, match: { path: /a }, upstream: "${env:S}", auth: ["${env:S}"], limits: ["${env:S}"], strip_prefix: "/${env:S}" }]',
  )
  const secret = fc.string({ minLength: 8, maxLength: 30, unit: fc.constantFrom(...'QZXJ7%/@:_-') })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places), inner), { minLength: 1, maxLength: 6 }),
      secret,
      (lines, S) => {
        const unique = new Map([['version', '1'], ...lines])
        const text = [...unique].map(([key, value]) => `${key}: ${value}`).join('\n')
        const { problems } = compile(text, { file: 'f', readText: () => S, env: { S }, nowMs: 0 })
        return problems.every((problem) => !formatProblem(problem).includes(S))
      },
    ),
    { numRuns: 500 },
  )
})

t.test('V102: what was written where a secret belongs is not quoted', async (t) => {
  const text = policyWith(
    '',
    'admin: { listen: 127.0.0.1:1, token: 12canary34 }\nkeys: [{ id: a, hash: 12canary34 }]',
  )
  const told = compileText(text.replace('http://', 'http://u:12canary34@'))
    .problems.map(formatProblem)
    .join('\n')
  t.match(told, /token/)
  t.match(told, /hash/)
  t.match(told, /no user name or password/)
  t.notMatch(told, /canary/)
})

t.test('references work in a key, by environment and by file', async (t) => {
  const keys = 'keys: [{ id: a, hash: "${env:DEMO_HASH}" }]'
  t.ok(compileText(policyWith('', keys)).keys?.byHash.has(HASH.slice('sha256:'.length)))
  t.ok(compileText(policyWith('', keys.replace('env:DEMO_HASH', 'file:hash.txt'))).keys?.byId.has('a'))
})
