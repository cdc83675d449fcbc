import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { auditLine } from '../import/audit-lines.ts'
import { documentOf, REPLIES } from '../import/documents.ts'
import { runLine } from './terminal.ts'

const requestBody = { required: true, content: { 'application/json': { schema: { type: 'object' } } } }
const DOCUMENT = documentOf({ '/a': { get: REPLIES, post: { ...REPLIES, requestBody } } })

t.test('a policy and its schemas are written, and check takes them', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT })
  const [api, out] = [join(dir, 'api.json'), join(dir, 'new', 'policy.yaml')]
  const { code, stdout } = await runLine('import', 'openapi', api, '--out', out)
  t.equal(code, 0)
  t.equal(
    stdout,
    `${out} is written: 2 routes, 1 body schema, 0 left out\nRead it, then: sallyport check ${out}\n`,
  )
  t.match(JSON.parse(readFileSync(join(dir, 'new', 'schemas', 'post-a.json'), 'utf8')), { type: 'object' })
  t.equal((await runLine('check', out, '--openapi', api)).code, 0)
})

t.test('what is there is not written over, unless --force says so', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT, schemas: { 'post-a.json': 'mine' } })
  const [api, out] = [join(dir, 'api.json'), join(dir, 'policy.yaml')]
  const { code, stderr } = await runLine('import', 'openapi', api, '--out', out)
  t.equal(code, 2)
  t.match(stderr, /post-a\.json is there already: --force writes over it/)
  t.notOk(existsSync(out), 'nothing is written at all')
  t.equal(readFileSync(join(dir, 'schemas', 'post-a.json'), 'utf8'), 'mine')
  t.equal((await runLine('import', 'openapi', api, '--out', out, '--force')).code, 0)
  t.not(readFileSync(join(dir, 'schemas', 'post-a.json'), 'utf8'), 'mine')
})

t.test('without --out the policy is printed, and needs no other file', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT })
  const { code, stdout } = await runLine(
    'import',
    'openapi',
    join(dir, 'api.json'),
    '--upstream',
    'http://10.0.0.1:1',
  )
  t.equal(code, 0)
  t.match(stdout, /api: \{ url: http:\/\/10\.0\.0\.1:1 \} # from --upstream/)
  t.match(stdout, /# no body schema: they are written with --out/)
  const out = join(dir, 'policy.yaml')
  writeFileSync(out, stdout)
  t.equal((await runLine('check', out)).code, 0)
})

t.test('--json tells the same to programs', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT, 'audit.jsonl': `${auditLine(0, { path: '/a' })}\n` })
  const out = join(dir, 'policy.yaml')
  const written = await runLine('import', 'openapi', join(dir, 'api.json'), '--out', out, '--json')
  t.match(JSON.parse(written.stdout), {
    file: out,
    schemas: ['./schemas/post-a.json'],
    routes: 2,
    left_out: [],
  })
  const printed = JSON.parse((await runLine('import', 'audit', join(dir, 'audit.jsonl'), '--json')).stdout)
  t.match(parse(printed.policy), { version: 1, mode: 'report', routes: [{ id: 'a' }] })
})

const WRONG: readonly (readonly [name: string, args: readonly string[], why: RegExp])[] = [
  ['no source', [], /say what to import: openapi or audit/],
  ['another source', ['swagger'], /say what to import/],
  ['no document', ['openapi'], /name one OpenAPI document/],
  ['two documents', ['openapi', 'a', 'b'], /name one OpenAPI document/],
  ['no audit file', ['audit'], /name the audit file/],
  ['a file that is not there', ['openapi', '/nowhere/a.yaml'], /\/nowhere\/a\.yaml cannot be read/],
  ['an audit file that is not there', ['audit', '/nowhere/a.jsonl'], /\/nowhere\/a\.jsonl cannot be read/],
  ['a time for a document', ['openapi', 'a', '--since', '2h'], /for audit files/],
  ['a time that is none', ['audit', 'a', '--since', 'soon'], /--since: write a time/],
  ['an option that is none', ['audit', 'a', '--upstrem', 'x'], /did you mean --upstream/],
]

for (const [name, args, why] of WRONG) {
  t.test(`wrong use: ${name}`, async (t) => {
    const { code, stderr } = await runLine('import', ...args)
    t.equal(code, 2)
    t.match(stderr, why)
  })
}

t.test('a source that says nothing is the answer no', async (t) => {
  const dir = t.testdir({
    'api.json': documentOf({}),
    'empty.jsonl': '',
    'evil.json': '{"openapi":"\\u001b[31m"}',
  })
  for (const [source, name, why] of [
    ['openapi', 'api.json', /describes no operation/],
    ['openapi', 'evil.json', /has to say 3\.0/],
    ['audit', 'empty.jsonl', /no request to learn from/],
  ] as const) {
    const { code, stderr } = await runLine('import', source, join(dir, name))
    t.equal(code, 1, name)
    t.match(stderr, why)
    t.notOk(stderr.includes('\u001b'))
    const json = await runLine('import', source, join(dir, name), '--json')
    t.match(json, { code: 1, stderr: '' })
    t.match(JSON.parse(json.stdout), { problems: [why] })
    t.notOk(json.stdout.includes('\u001b'))
  }
})

t.test('an upstream that is none is told', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT })
  const { code, stderr } = await runLine('import', 'openapi', join(dir, 'api.json'), '--upstream', 'ftp://x')
  t.equal(code, 2)
  t.match(stderr, /--upstream: write a URL that begins with http/)
  const audit = await runLine('import', 'audit', '/dev/null', '--upstream', 'http://me:canary@host')
  t.match(audit, { code: 2, stderr: /--upstream: a URL here has no user name or password/ })
  t.notMatch(audit.stderr, 'canary')
})

t.test('a document that is too large is not read', async (t) => {
  const dir = t.testdir({ 'api.json': ' '.repeat(8 * 1024 * 1024 + 1) })
  const { code, stderr } = await runLine('import', 'openapi', join(dir, 'api.json'))
  t.equal(code, 2)
  t.match(stderr, /is larger than 8388608 bytes/)
})

t.test('check --openapi: the differences, as text and as JSON, and exit code 1', async (t) => {
  const dir = t.testdir({ 'api.json': DOCUMENT, 'other.json': documentOf({ '/b': { get: REPLIES } }) })
  const out = join(dir, 'policy.yaml')
  await runLine('import', 'openapi', join(dir, 'api.json'), '--out', out)
  const { code, stdout } = await runLine('check', out, '--openapi', join(dir, 'other.json'))
  t.equal(code, 1)
  t.match(
    stdout.trimEnd().split('\n').at(-1),
    /policy\.yaml has 3 differences from the OpenAPI document; as a policy it is good: 2 routes,/,
  )
  t.notMatch(stdout, /policy\.yaml is good/)
  t.match(stdout, /policy\.yaml: GET \/b \(#\/paths\/~1b\/get\): no route serves it \[operation-not-served\]/)
  t.match(stdout, /policy\.yaml:\d+: the route get-a \(\/a\): no operation .* \[route-not-described\]/)
  const json = await runLine('check', out, '--openapi', join(dir, 'other.json'), '--json')
  t.equal(json.code, 1)
  t.match(JSON.parse(json.stdout), {
    good: false,
    drift: [{ code: 'operation-not-served', path: '/b' }, {}, {}],
  })
  const broken = await runLine('check', out, '--openapi', join(dir, 'nowhere.json'))
  t.equal(broken.code, 2)
  t.match(broken.stderr, /nowhere\.json/)
  t.equal((await runLine('check', out, '--openapi', join(dir, 'api.json'), '--base', '/v2')).code, 1)
})
