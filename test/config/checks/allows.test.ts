import t from 'tap'
import { compile } from '../../../src/config/compile.ts'
import { NOW_MS, problemsOf, readText } from '../compiling.ts'
import { checked, found, policyOf, routesOf } from './checking.ts'

const ALLOW = '# sallyport-allow write-without-auth: a public form'

/** A route on line 5 that anybody may write to, with something above it and something behind. */
const withComments = (above: string, behind = '') =>
  policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: none }',
    'routes:',
    ...(above === '' ? [] : [above]),
    `  - { id: a, match: { path: /a } }${behind}`,
  )

t.test('a comment on the line or above it silences, and its reason is kept', async (t) => {
  for (const text of [withComments('', `   ${ALLOW}`), withComments(`  ${ALLOW}`), withComments(ALLOW)]) {
    const { problems, silenced } = checked(text)
    t.strictSame(problems, [])
    t.match(silenced, [{ code: 'write-without-auth', reason: 'a public form' }])
    t.equal(silenced.length, 1)
  }
})

t.test('several comments above one line are all about it', async (t) => {
  const other = '# sallyport-allow route-unreachable: it is kept for later'
  t.strictSame(found(withComments(`${ALLOW}\n# why: see the wiki\n${other}`)), ['7 allow-unused'])
})

t.test('a comment elsewhere silences nothing, and is told', async (t) => {
  t.strictSame(found(withComments(`${ALLOW}\n`)), ['5 allow-unused', '7 write-without-auth'])
  t.strictSame(found(`${withComments('')}${ALLOW}\n`), ['5 write-without-auth', '6 allow-unused'])
  t.strictSame(found(withComments('').replace('routes:', `routes: ${ALLOW}`)), [
    '4 allow-unused',
    '5 write-without-auth',
  ])
})

t.test('a comment for another code silences nothing', async (t) => {
  const text = withComments('', ' # sallyport-allow unused-name: no')
  t.strictSame(found(text), ['5 write-without-auth', '5 allow-unused'])
})

t.test('without a reason nothing is silenced', async (t) => {
  for (const behind of [
    '# sallyport-allow write-without-auth',
    '# sallyport-allow write-without-auth:',
    '# sallyport-allow write-without-auth: -',
  ]) {
    t.strictSame(
      found(withComments('', ` ${behind}`)),
      ['5 write-without-auth', '5 allow-without-reason'],
      behind,
    )
  }
})

t.test('a code that is not there is told, with the one that was meant', async (t) => {
  const messages = (code: string) =>
    checked(withComments(`# sallyport-allow ${code}`)).problems.map(({ code: own, hint }) => [own, hint])
  t.strictSame(messages('write-without-aut: a form')[0], [
    'allow-unknown-code',
    'did you mean `write-without-auth`?',
  ])
  t.strictSame(messages('')[0], ['allow-unknown-code', undefined])
  t.strictSame(messages('__proto__: is no code')[0], ['allow-unknown-code', undefined])
})

t.test('an error cannot be silenced, nor what is said of comments', async (t) => {
  const bad = withComments('# sallyport-allow invalid-policy: we know').replace('id: a', 'id: a, mod: report')
  t.strictSame(found(bad), ['5 allow-unknown-code', '6 invalid-policy'])
  t.strictSame(found(withComments('# sallyport-allow allow-unused: we know')).slice(0, 1), [
    '5 allow-unknown-code',
  ])
})

t.test('of two comments for one thing the second is told', async (t) => {
  t.strictSame(found(withComments(ALLOW, ` ${ALLOW}`)), ['6 allow-unused'])
})

t.test('what only looks like a comment is none', async (t) => {
  const quoted = routesOf(
    'id: a, match: { path: /a }, headers: { response: { set: { x-note: "# sallyport-allow x" } } }',
  )
  t.strictSame(found(quoted), [])
  const block = policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'routes:',
    '  - id: a',
    '    match: { path: /a }',
    '    auth: key',
    '    upstream: api',
    '    headers:',
    '      response:',
    '        set:',
    '          x-note: >-',
    '            # sallyport-allow x',
  )
  t.strictSame(found(block), [])
  t.strictSame(found(withComments('# sallyport-allowed write-without-auth: no')), ['6 write-without-auth'])
})

t.test('a line of a key file is not that line of the policy', async (t) => {
  const hash = `sha256:${'01'.repeat(32)}`
  const files = { './keys.jsonl': `\n${JSON.stringify({ id: 'a', hash, expires: '2025-01-01' })}\n` }
  const text = routesOf('id: a, match: { path: /a }').replace(
    'upstreams',
    'key_files: [./keys.jsonl] # sallyport-allow key-expired: soon gone\nupstreams',
  )
  t.strictSame(found(text, { files }), ['2 allow-unused', '2 key-expired'])
})

t.test('CRLF ends lines, too', async (t) => {
  t.strictSame(found(withComments(ALLOW).replaceAll('\n', '\r\n')), [])
})

t.test('warnings of the compiler can be silenced, for a gate that loads the file, too', async (t) => {
  const unused = (comment: string) => policyWithUnused(comment)
  t.match(problemsOf(unused('')), [/the limit `spare` is used nowhere \[unused-name\]/])
  const text = unused('# sallyport-allow unused-name: for the release of next week')
  t.strictSame(problemsOf(text), [])
  const { policy } = compile(text, { file: 'p', readText, env: {}, nowMs: NOW_MS })
  t.ok(policy)
})

function policyWithUnused(comment: string): string {
  return `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
${comment}
limits: { spare: { by: ip, rate: 1/minute } }
routes: [{ id: a, match: { path: /a }, auth: key, upstream: api }]
`
}

t.test('which comments are idle is not told of a file that is refused', async (t) => {
  t.strictSame(found(withComments(ALLOW).replace('/a }', '/a, mthods: [GET] }')), ['6 invalid-policy'])
})

t.test('silenced ones do not take the place of others', async (t) => {
  const routes = Array.from({ length: 300 }, (_, i) => `  - { id: r${i}, match: { path: /${i} } } ${ALLOW}`)
  const text = `${withComments('')}${routes.join('\n')}\n`
  t.strictSame(found(text), ['5 write-without-auth'])
  const { problems } = checked(text.replaceAll(ALLOW, ''))
  t.equal(problems.length, 201)
  t.match(problems.at(-1), { code: 'more-problems', severity: 'warning', message: 'and 101 more problems' })
})
