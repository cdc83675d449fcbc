import { chunksOf, type Message, setBody, setChunked, setField } from './draft.ts'
import { KEYS } from './policy.ts'
import type { Prng } from './prng.ts'

const TARGETS = [
  '/',
  '/public/a',
  '/public/a/b?x=1&y=%2F&z',
  '/public/?',
  '/admin',
  '/admin/users',
  '/mixed/a?q=%20+',
  '/orders',
  '/upload/a',
  '/api/v1/items?page=2',
  '/packages/@scope%2Fname',
  '/socket',
  '/shop/a',
  '/nowhere',
]
const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const EXTRA_LINES = [
  'User-Agent: fuzz/1.0 (a; b)',
  'Accept: application/json, text/*;q=0.5',
  'Cookie: a=b; c="d e"',
  'Origin: https://shop.example.com',
  'X-Empty:',
  'X-Twice: 1',
  'X-Twice: 2',
  'Range: bytes=0-1',
  'Connection: keep-alive',
  'Cache-Control: no-cache',
]

const BODIES = ['{"amount":1}', '{"amount":"1"}', 'a', '', 'x'.repeat(5000), '\x00\xff\r\n\r\n0\r\n\r\n']

/** An honest request. */
export function honestRequest(prng: Prng): Message {
  const method = prng.pick(METHODS)
  const message: Message = {
    lead: '',
    start: [method, prng.pick(TARGETS), 'HTTP/1.1'],
    lines: [`Host: ${prng.pick(['a', 'api.example.com', 'localhost:8080'])}`],
    eol: '\r\n',
    body: '',
  }
  if (prng.chance(0.5)) message.lines.push(`X-Api-Key: ${KEYS.attacker}`)
  for (let count = prng.below(4); count > 0; count--) message.lines.push(prng.pick(EXTRA_LINES))
  if (method.startsWith('P') || prng.chance(0.1)) giveBody(message, prng)
  if (message.start[1] === '/socket') askForWebSocket(message)
  return message
}

function giveBody(message: Message, prng: Prng): void {
  const body = prng.pick(BODIES)
  message.lines.push('Content-Type: application/json')
  if (prng.chance(0.6)) setBody(message, body)
  else setChunked(message, chunksOf(body, prng.pick([1, 5, 4096])).replace(/^1\r\n/, '01\r\n'))
}

/** RFC 6455 4.1. */
export function askForWebSocket(message: Message): void {
  message.start[0] = 'GET'
  setField(message, 'Connection', 'Upgrade')
  setField(message, 'Upgrade', 'websocket')
  setField(message, 'Sec-WebSocket-Version', '13')
  setField(message, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==')
}
