import { FuzzClient, type Seen } from './client.ts'
import { readReplies } from './strict-reply.ts'

const ANSWER_MS = 5000

/**
 * Asks for what the upstream answers by script, and then for something plain on the same connection: when that is
 * still open, the two sides must still agree where messages begin.
 */
export async function runScripted(
  port: number,
  address: string,
  method: string,
  serial: number,
): Promise<{ sent: string; seen: Seen }> {
  const client = new FuzzClient(port, address)
  const length = method === 'POST' ? 'Content-Length: 0\r\n' : ''
  const first = `${method} /reply/${serial} HTTP/1.1\r\nHost: a\r\n${length}\r\n`
  const second = `GET /public/after?n=${serial} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
  const answered = (count: number): boolean =>
    readReplies(client.received, [method, 'GET'], false).final.length >= count
  const isDone = (): boolean => client.hasEnded || client.isClosed
  client.socket.write(first)
  let isStuck = !(await client.until(() => answered(1), ANSWER_MS)) && !isDone()
  let sent = first
  if (!isDone() && !isStuck) {
    client.socket.write(second)
    sent += second
    isStuck = !(await client.until(() => answered(2), ANSWER_MS)) && !isDone()
  }
  client.socket.end()
  if (!(await client.closed(ANSWER_MS))) isStuck = true
  client.socket.destroy()
  return { sent, seen: { received: client.received, hasEnded: client.hasEnded, isStuck } }
}
