import fc from 'fast-check'
import t from 'tap'
import { compileText, policyWith, problemsOf } from './compiling.ts'

/** What bombs would become in memory; the test fails by its time-out long before that. */
const NINE_LEVELS = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
].join('\n')

const THREE_LEVELS = [
  `a0: &a0 [${Array(40).fill('x').join(', ')}]`,
  ...Array.from({ length: 2 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(30).fill(`*a${i}`).join(', ')}]`),
].join('\n')

const BOMBS: readonly (readonly [string, string, RegExp])[] = [
  ['aliases nine levels deep', NINE_LEVELS, /more than 64 aliases/],
  ['few aliases that stand for much', THREE_LEVELS, /aliases that stand for too much/],
  ['an alias within its own anchor', 'a: &a [*a]', /.+/],
  ['merge keys', `a: &a { x: 1 }\nb: { <<: [${Array(2000).fill('*a').join(', ')}] }`, /more than 64 aliases/],
  ['anchors', Array.from({ length: 40 }, (_, i) => `k${i}: &a${i} 1`).join('\n'), /more than 32 anchors/],
  ['flow depth', `a: ${'['.repeat(1_000_000)}`, /nested deeper than 64 levels/],
  ['flow depth of mappings', `a: ${'{a: '.repeat(500_000)}`, /nested deeper than 64 levels/],
  ['block depth', '- '.repeat(500_000), /nested deeper than 64 levels/],
  ['depth of keys', '? '.repeat(500_000), /nested deeper than 64 levels/],
  ['indentation', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested deeper/],
  ['five million bytes', `# ${'x'.repeat(5_000_000)}`, /larger than 4MB/],
  ['commas', `a: [${','.repeat(3_000_000)}]`, /the file holds too much/],
]

for (const [name, text, why] of BOMBS) {
  t.test(`V99: ${name} is refused`, async (t) => {
    const problems = problemsOf(text)
    t.match(problems.join('\n'), why)
    t.ok(problems.length <= 201, 'and told in a bounded number of lines')
  })
}

const NOT_SO: readonly (readonly [string, string, string])[] = [
  ['no for false', policyWith('    websocket: no'), '8:16: `websocket` must be `true` or `false`'],
  [
    'a leading zero',
    policyWith('', 'server: { max_headers: 010 }'),
    '4:24: `010` is not a plain decimal number',
  ],
  ['an underscore', policyWith('', 'server: { max_headers: 1_000 }'), '4:24: `max_headers` must be a number'],
  [
    'a key twice',
    policyWith('    mode: enforce\n    mode: report'),
    '9:5: `mode` stands here twice, first on line 8',
  ],
  ['an unknown key', policyWith('    require_auth: true'), '8:5: unknown key `require_auth`'],
  ['__proto__', policyWith('    __proto__: { auth: none }'), '8:5: `__proto__` cannot be a key'],
  [
    'constructor',
    policyWith('', 'limits: { constructor: { by: ip } }'),
    '4:11: `constructor` cannot be a key',
  ],
  ['an empty file', '', '1:1: the file is empty'],
  ['two documents', `${policyWith('')}---\nversion: 1\n`, '9:1: a second document'],
  ['two documents with an end mark', `${policyWith('')}...\nversion: 1\n`, '10:1: a second document'],
  ['a tag', policyWith('    mode: !!js/function x'), '8:11: a tag'],
  ['an older YAML', `%YAML 1.1\n---\n${policyWith('')}`, '1:1: a directive'],
]

for (const [name, text, wanted] of NOT_SO) {
  t.test(`V100: ${name} is told with its place`, async (t) => {
    t.match(problemsOf(text)[0], wanted)
  })
}

t.test('V101: a regular expression in a path is refused at load', async (t) => {
  const text = policyWith('').replace('path: /one', 'path: "/:one(^(a+)+$)"')
  t.match(problemsOf(text), [/7:20: regular expressions are not taken/])
})

for (const path of ['/a+b', '/c%2Bd', '/c%2b', '/one/+', '/+*']) {
  t.test(`V38: ${path} is refused at load, for its other spelling would slip past the route`, async (t) => {
    const text = policyWith('').replace('path: /one', `path: "${path}"`)
    t.match(problemsOf(text), [/two spellings/])
  })
}

t.test('V38: behind a parameter, too', async (t) => {
  const text = policyWith('').replace('path: /one', 'path: "/:a-+b"')
  t.match(problemsOf(text), [/only plain characters/])
})

for (const address of ['127.0.0.1', '10.0.0.1']) {
  t.test(`a server_name that is ${address} is refused at load`, async (t) => {
    const upstream = `url: https://a:1, tls: { server_name: "${address}" }`
    t.match(problemsOf(policyWith('').replace('url: http://127.0.0.1:3000', upstream)), [
      /host name, not an address/,
    ])
  })
}

t.test('V101: two parameters in one segment are refused at load', async (t) => {
  const text = policyWith('').replace('path: /one', 'path: "/:a-:b-:c"')
  t.match(problemsOf(text), [/only one parameter in a segment/])
})

t.test('a thousand problems are told as two hundred and their number', async (t) => {
  const text = policyWith(Array.from({ length: 1000 }, (_, i) => `    key_${i}: 1`).join('\n'))
  const problems = problemsOf(text)
  t.equal(problems.length, 201)
  t.match(problems.at(-1), /and 800 more problems/)
})

t.test('control characters of a file never reach a terminal', async (t) => {
  const text = policyWith('    mode: "\\e[2J\\u202e\\n{\\"level\\":\\"x\\"}"')
  const [problem = ''] = problemsOf(text)
  t.match(problem, /`mode` must be one of/)
  t.notMatch(problem, /[\p{Cc}\p{Cf}]/u)
})

t.test('whatever the text is, compile answers and does not throw', async () => {
  const piece = fc.constantFrom(
    'version: 1\n',
    'routes:\n',
    '  - id: a\n',
    '    match: { path: /a }\n',
    '? ',
    ': ',
    '- ',
    '&a ',
    '*a ',
    '!!x ',
    '|',
    '>',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    '#',
    '%',
    '@',
    '`',
    '\n',
    '\t',
    '  ',
    '---\n',
    '...\n',
    '<<: ',
    '${env:X}',
    '\u0000',
    '\ufeff',
    '\u2028',
    'auth: none\n',
    'upstreams: ',
    'limits: ',
    'keys: ',
    'defaults: ',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (one) => {
      const { policy, problems } = compileText(one)
      return policy !== null || problems.some(({ severity }) => severity === 'error')
    }),
    { numRuns: 2000 },
  )
})
