import { FORWARDING_NAMES } from '../../src/core/headers.ts'
import { setBody, setField } from './draft.ts'
import { askForWebSocket } from './grammar-requests.ts'
import { onMessage, type Table } from './mutator.ts'
import { KEYS } from './policy.ts'
import type { Prng } from './prng.ts'

/** Names whose client copies must never arrive. */
export const IDENTITY_NAMES: readonly string[] = ['subject', 'org', 'scopes', 'roles', 'key-id', 'auth'].map(
  (name) => `x-sallyport-${name}`,
)
/** The value of each forged field: seeing it upstream under one of our names is a finding. */
export const FORGED = 'evil-forged'

const OURS = [...IDENTITY_NAMES, ...FORWARDING_NAMES]
const NOMINEES = [
  ...IDENTITY_NAMES,
  'x-api-key',
  'authorization',
  'cookie',
  'transfer-encoding',
  'content-length',
  'host',
  'x-request-id',
  'x-forwarded-for',
  '',
  ',',
  'close',
  'upgrade',
  'keep-alive',
]
const HOSTS = [
  '',
  'u@a',
  'a/b',
  'a,b',
  'a b',
  'a:99999',
  'a:',
  '[::1',
  '[::1]:80',
  'a\x00',
  '\xe9',
  'A.',
  'a..b',
  'x'.repeat(300),
  'a?b',
  'a#b',
  '%61',
]
const EXPECTATIONS = ['100-continue', '100-Continue', 'y 100-continue', '100-continue, 100-continue', 'x', '']
const NOT_ONWARD = [
  `Proxy: ${FORGED}`,
  'Proxy-Authorization: Basic eDp5',
  'TE: trailers',
  'Keep-Alive: timeout=5',
  'Trailer: X-A',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'X-HTTP-Method-Override: DELETE',
  'Proxy-Connection: close',
  'X-Method-Override: DELETE',
]
const PROTOTYPE = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__']

function cased(name: string, prng: Prng): string {
  const way = prng.below(3)
  if (way === 0) return name
  return way === 1 ? name.toUpperCase() : name.replace(/\b\w/g, (letter) => letter.toUpperCase())
}

/** V19 to V33, V45. */
export const fields: Table = {
  nominate: onMessage((message, prng) => {
    const names = Array.from({ length: 1 + prng.below(4) }, () => cased(prng.pick(NOMINEES), prng))
    message.lines.push(`Connection: ${names.join(prng.pick([', ', ',', ' , ']))}`)
  }),
  forge: onMessage((message, prng) => {
    for (let count = 1 + prng.below(3); count > 0; count--) {
      message.lines.splice(
        prng.below(message.lines.length + 1),
        0,
        `${cased(prng.pick(OURS), prng)}: ${FORGED}`,
      )
    }
  }),
  underscore: onMessage((message, prng) => {
    const name = prng.pick(OURS)
    const spelled = prng.chance(0.5) ? name.replaceAll('-', '_') : name.replace('-', '_')
    message.lines.push(`${cased(spelled, prng)}: ${FORGED}`)
  }),
  host: onMessage((message, prng) => setField(message, 'Host', prng.pick(HOSTS))),
  noHost: onMessage((message) => {
    message.lines = message.lines.filter((line) => !line.startsWith('Host'))
  }),
  twinHost: onMessage((message, prng) => {
    message.lines.push(prng.pick(['Host: b', 'host: a', 'HOST:']))
  }),
  twinCredential: onMessage((message, prng) => {
    message.lines.push(
      prng.pick([`X-Api-Key: ${KEYS.attacker}`, 'x-api-key:', 'X_Api_Key: a', 'X-Api-Key: sp_live_x']),
    )
  }),
  oddKey: onMessage((message, prng) => {
    const value = prng.pick([
      '',
      KEYS.attacker.slice(1),
      `${KEYS.attacker},${KEYS.attacker}`,
      'k'.repeat(9000),
      `${KEYS.attacker}\x00`,
      '\xc3\xa9',
      KEYS.attacker.toLowerCase(),
      ` ${KEYS.attacker}\t`,
    ])
    setField(message, 'X-Api-Key', value)
  }),
  bearer: onMessage((message, prng) => {
    message.lines.push(
      prng.pick([
        `Authorization: Bearer ${KEYS.attacker}`,
        'Authorization: Basic !!',
        'authorization:',
        'Authorization: x',
      ]),
    )
  }),
  many: onMessage((message, prng) => {
    const count = prng.pick([90, 98, 100, 101, 300, 1100, 2500])
    const lines = Array.from({ length: count }, (_, i) => `h${i}: ${prng.pick(['', 'a'])}`)
    message.lines.splice(prng.below(message.lines.length + 1), 0, ...lines)
  }),
  large: onMessage((message, prng) => {
    message.lines.push(`X-Large: ${'v'.repeat(prng.pick([1000, 15_000, 16_384, 40_000]))}`)
  }),
  expect: onMessage((message, prng) => {
    message.lines.push(`Expect: ${prng.pick(EXPECTATIONS)}`)
    if (prng.chance(0.5)) setBody(message, 'hello')
  }),
  notOnward: onMessage((message, prng) => {
    message.lines.push(prng.pick(NOT_ONWARD), prng.pick(NOT_ONWARD))
  }),
  prototype: onMessage((message, prng) => {
    message.lines.push(`${prng.pick(PROTOTYPE)}: x`)
    message.start[1] += `?${prng.pick(PROTOTYPE)}=x&${prng.pick(PROTOTYPE)}[a]=b`
  }),
  webSocket: onMessage((message, prng) => {
    askForWebSocket(message)
    if (prng.chance(0.5)) message.start[1] = '/socket'
    if (prng.chance(0.3)) setField(message, 'Sec-WebSocket-Key', prng.pick(['', 'x', 'dGhl']))
    if (prng.chance(0.2)) setField(message, 'Sec-WebSocket-Version', prng.pick(['8', '', '99', '13, 8']))
    if (prng.chance(0.2))
      message.lines.push(`Sec-WebSocket-Protocol: ${prng.pick(['a', 'a,a', '', '\x01', 'a b'])}`)
    if (prng.chance(0.2)) message.lines.push('Sec-WebSocket-Extensions: permessage-deflate; x="')
    if (prng.chance(0.3))
      message.body = prng.pick([
        '\x81\x85\x00\x00\x00\x00hello',
        '\x81\x05hello',
        '\xff\xff\xff\xff',
        '\x88\x80\x00\x00\x00\x00',
        '\x89\xfe\xff\xff',
      ])
  }),
  upgrade: onMessage((message, prng) => {
    message.lines.push(`Upgrade: ${prng.pick(['h2c', 'TLS/1.0', 'websocket', 'WebSocket, h2c', ''])}`)
    setField(
      message,
      'Connection',
      prng.pick(['Upgrade', 'Upgrade, HTTP2-Settings', 'keep-alive, upgrade', 'close']),
    )
  }),
  connection: onMessage((message, prng) =>
    setField(message, 'Connection', prng.pick(['close', 'keep-alive', 'Close, keep-alive', 'close\t', ''])),
  ),
  dropLine: onMessage((message, prng) => {
    message.lines.splice(prng.below(message.lines.length), 1)
  }),
  twinLine: onMessage((message, prng) => {
    if (message.lines.length > 0) message.lines.push(prng.pick(message.lines))
  }),
}
