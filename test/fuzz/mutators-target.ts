import { onMessage, type Table } from './mutator.ts'

const TARGETS = [
  '//admin',
  '/public/../admin',
  '/public/%2e%2e/admin',
  '/public/.%2E/admin',
  '/./admin',
  '/public\\..\\admin',
  '/public%5c..%5cadmin',
  '/admin%2fusers',
  '/public%2f..%2fadmin',
  '/packages/..%2fadmin',
  '/packages/a%2F..%2F..%2Fadmin',
  '/packages/%2F%2Fa',
  '/packages/a%2f%2e%2e%2fb',
  '/admin;x=1',
  '/admin/..;/x',
  '/;/admin',
  '/%61dmin',
  '/ADMIN',
  '/admin/',
  '/admin.',
  '/%252e%252e/admin',
  '/public/%252e%252e%252fadmin',
  'http://a/admin',
  'HTTP://A/public/a',
  'http://evil/admin',
  'https://a/admin?x',
  'http://a',
  'http://a?x=1',
  'http://u@a/public/a',
  '*',
  'admin',
  '*/x',
  'a:80',
  '/public#/../admin',
  '/public/a#',
  '/public/a?b#c',
  '/api/private?p=/status',
  '/a%00b',
  '/public/%c0%af',
  '/public/\xe9',
  '/%zz',
  '/public/%',
  '/public/%4',
  '/api',
  '/api/v1/../../admin',
  '/api//v1/x',
  '/api/v1//x',
  '/api/v1/%2e%2e/admin',
  '/api/v1/',
  '/public/"<>^`{|}',
  '/public/a?"<>^`{|}\\',
  '/public/a??&&==',
  '/public/a?\xe9\xff',
  '/public/%e2%82%ac/%E2%82%AC',
  '/public/a b',
  '/public/a\tb',
  '/public/a?_method=DELETE&__proto__=1',
  '/socket/../admin',
  '/victim',
  '/reply/1',
  '?',
  '/?',
  '',
]
const METHODS = [
  'TRACE',
  'CONNECT',
  'FOO',
  'get',
  'PROPFIND',
  'PRI',
  'QUERY',
  'M-SEARCH',
  '',
  'G\x00T',
  'GET,POST',
  'OPTIONS',
  'HEAD',
  'PURGE',
]
const PIECES = [
  '/',
  '//',
  '/.',
  '/..',
  '%2e',
  '%2F',
  '%5C',
  ';',
  '\\',
  '?',
  '#',
  '%',
  '%00',
  '%zz',
  '*',
  ':',
  '@',
  '\x7f',
  '\x80',
  '+',
  '%25',
  '%2',
  '..',
]

/** V34 to V47. */
export const target: Table = {
  target: onMessage((message, prng) => {
    message.start[1] = prng.pick(TARGETS)
  }),
  method: onMessage((message, prng) => {
    message.start[0] = prng.pick(METHODS)
  }),
  piece: onMessage((message, prng) => {
    const [, sent] = message.start
    const at = prng.below(sent.length + 1)
    message.start[1] = sent.slice(0, at) + prng.pick(PIECES) + sent.slice(at)
  }),
  escape: onMessage((message, prng) => {
    const [, sent] = message.start
    const at = prng.below(Math.max(1, sent.length))
    const hex = sent.charCodeAt(at).toString(16).padStart(2, '0')
    if (sent !== '')
      message.start[1] = `${sent.slice(0, at)}%${prng.chance(0.5) ? hex : hex.toUpperCase()}${sent.slice(at + 1)}`
  }),
  longTarget: onMessage((message, prng) => {
    message.start[1] += prng.pick(['?', '/', '']) + 'u'.repeat(prng.pick([200, 7900, 8192, 17_000]))
  }),
  spaces: onMessage((message, prng) => {
    const at = prng.below(3)
    message.start[at] = prng.pick([' ', '\t']) + message.start[at]
  }),
}
