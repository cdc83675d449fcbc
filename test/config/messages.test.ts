import t from 'tap'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import { NOW_MS, policyWith, problemsOf, readText } from './compiling.ts'

const withEnv = (text: string, env: Record<string, string>) =>
  compile(text, { file: 'p', readText, env, nowMs: NOW_MS }).problems.map(formatProblem)

t.test('a token that is too short is told what fits, and is not shown', async (t) => {
  const text = policyWith('', 'admin: { listen: "127.0.0.1:1", token: "${env:TOKEN}" }')
  const problems = withEnv(text, { TOKEN: 'short-7' })
  t.match(problems, [
    /the value that `\$\{env:TOKEN\}` stands for does not fit `token`: it must have at least 16 /,
  ])
  t.notMatch(problems.join('\n'), /short-7/)
})

t.test('what fits is told of every setting whose words are fixed, and no value of any', async (t) => {
  const hash = withEnv(policyWith('', 'keys: [{ id: a, hash: "${env:H}" }]'), { H: 'canary-9f2b7c' })
  t.match(hash, [/does not fit `hash`: write sha256: and 64 lower-case hex digits/])
  const url = withEnv('version: 1\nupstreams: { api: { url: "${env:U}" } }\nroutes: 1\n', {
    U: 'http://a/%zz',
  })
  t.match(url, [/used nowhere/, /does not fit `url`$/, /routes/], 'these words are made of the value')
  const mode = withEnv(policyWith('    mode: "${env:M}"'), { M: 'canary' })
  t.match(mode, [/does not fit `mode`: /])
  t.notMatch([...hash, ...url, ...mode].join('\n'), /canary|%zz/)
})

t.test('a variable that is not set is told how to set it, or to check the file alone', async (t) => {
  const problems = withEnv(policyWith('', 'keys: [{ id: a, hash: "${env:H}" }]'), {})
  t.match(problems, [/H is not set \(export H=…; to check the file alone any value of the right form does\)/])
})

t.test('a tab in the indentation is one error', async (t) => {
  const text = 'version: 1\nupstreams:\n\tapi:\n\t  url: http://127.0.0.1:3000\n\tlimits: x\nroutes: []\n'
  t.strictSame(problemsOf(text), [
    '3:1: not well-formed YAML: Tabs are not allowed as indentation (indent with spaces)',
  ])
  t.match(problemsOf(`a: b: c\n${text}`).length, 2, 'and what stands before it is told')
})

t.test('settings of upstreams that stand in a route are told where they belong', async (t) => {
  for (const key of ['timeout', 'retry', 'circuit', 'tls', 'preserve_host']) {
    t.match(problemsOf(policyWith(`    ${key}: 1`)), [
      `8:5: unknown key \`${key}\` (\`${key}\` belongs to an upstream: \`upstreams.NAME.${key}\`)`,
    ])
  }
  const inDefaults = policyWith('').replace('auth: none }', 'auth: none, timeout: 3s }')
  t.match(problemsOf(inDefaults)[0], /belongs to an upstream/)
  const elsewhere = policyWith('').replace('path: /one', 'path: /one, timeout: 3s')
  t.notMatch(problemsOf(elsewhere)[0], /belongs to/)
})

t.test('who asks for tokens is told that there are none yet', async (t) => {
  for (const name of ['jwt', 'oidc', 'oauth2', 'tokens']) {
    t.match(problemsOf(policyWith(`    auth: [${name}]`)), [
      `there is no authenticator \`${name}\` (tokens are not supported yet, only API keys)`,
    ])
  }
  const typed = problemsOf(policyWith('    auth: sso', 'authenticators: { sso: { type: jwt } }'))
  t.match(typed, [
    /come with a later version; there is `api_key` \(tokens are not supported yet, only API keys\)/,
  ])
  t.match(problemsOf(policyWith('    upstream: jwt'))[0], /there is no upstream `jwt`$/)
})

t.test('a rate of nothing is told how to close a route', async (t) => {
  const rate = (text: string) =>
    problemsOf(policyWith('    limits: l', `limits: { l: { by: ip, rate: ${text} } }`))
  t.match(rate('0/minute')[0], /a rate begins at 1; to close a route take it away/)
  t.notMatch(rate('x/minute')[0], /a rate begins/)
})

t.test('beside an unknown name nothing of its kind is told to be unused', async (t) => {
  const spare = 'limits: { public: { by: ip, rate: 1/minute } }\nauthenticators: { web: { type: api_key } }'
  t.strictSame(
    problemsOf(policyWith('    limits: publik', spare)),
    [
      '9:13: there is no limit `publik` (did you mean `public`?)',
      '5:19: warning: the authenticator `web` is used nowhere [unused-name]',
    ].sort(),
  )
  t.match(problemsOf(policyWith('', spare)).length, 2, 'without one all of them are')
  const upstream = policyWith('').replace('upstream: api', 'upstream: apo')
  t.match(problemsOf(upstream), [/there is no upstream `apo` \(did you mean `api`\?\)/])
  t.match(
    problemsOf(policyWith('    auth: [key, none]', spare)).length,
    2,
    '`key` and `none` are no unknown names',
  )
})

t.test('a parameter of a path that stands there twice is refused', async (t) => {
  const path = (text: string) => problemsOf(policyWith('').replace('path: /one', `path: "${text}"`))
  t.match(path('/o/:id/:id'), [/the parameter `:id` stands here twice: give one of them another name/])
  t.match(path('/o/:id/x/:id?'), [/stands here twice/])
  t.strictSame(path('/o/:id/:id2'), [])
})
