import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { onCommand } from './resp-commands.ts'

/** How the peer behaves from now on. */
export type PeerManner =
  | 'well'
  | 'slow'
  | 'loading'
  | 'readonly'
  | 'oom'
  | 'misconf'
  | 'wrong password'
  | 'no auth'
  | 'garbage'
  | 'half replies'
  | 'another shape'
  | 'silent'
  | 'accepts and closes'
  | 'huge bulk'
  | 'endless'

const SLOW_MS = 300
const CHUNK = Buffer.alloc(64 * 1024, 'x')

/** What each command is answered with, by manner; a manner that is not here does not answer in words. */
const ERRORS: Partial<Record<PeerManner, string>> = {
  loading: '-LOADING Redis is loading the dataset in memory\r\n',
  readonly: "-READONLY You can't write against a read only replica.\r\n",
  oom: "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
  misconf: '-MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.\r\n',
  'no auth': '-NOAUTH Authentication required.\r\n',
}
/** Those that a server tells before anything else, too. */
const FROM_THE_START: ReadonlySet<PeerManner> = new Set(['no auth', 'loading'])

/**
 * Speaks enough of the Redis protocol for a client to connect, passes every charge with one left, and fails in the ways
 * that a real server cannot be brought to.
 */
export class RespPeer {
  readonly server: Server
  readonly #halved = new WeakSet<Socket>()
  readonly sockets = new Set<Socket>()
  /** Names of the commands that came, in order. */
  readonly commands: string[] = []
  manner: PeerManner = 'well'

  constructor() {
    this.server = createServer((socket) => this.#serve(socket))
  }

  get url(): string {
    return `redis://:a-password@127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Behaves in this way from now on, to connections that there are and to new ones. */
  behave(manner: PeerManner): void {
    this.manner = manner
    if (manner === 'accepts and closes' || manner === 'wrong password' || manner === 'no auth') this.cut()
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    if (!this.server.listening) return
    this.server.close()
    await once(this.server, 'close')
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => undefined)
    if (this.manner === 'accepts and closes') {
      socket.end()
      return
    }
    onCommand(socket, (words) => this.#answer(socket, words))
  }

  #answer(socket: Socket, words: readonly string[]): void {
    const name = (words[0] ?? '').toUpperCase()
    this.commands.push(name)
    if (this.manner === 'silent') return
    if (this.manner === 'wrong password' && name === 'AUTH') {
      socket.write('-WRONGPASS invalid username-password pair or user is disabled.\r\n')
    } else if (name === 'EVALSHA' || name === 'EVAL') this.#charge(socket, words)
    else socket.write(FROM_THE_START.has(this.manner) ? (ERRORS[this.manner] ?? '') : greetingOf(name))
  }

  /** Once on a connection: the half of another reply behind it could make it look whole. */
  #answerHalf(socket: Socket, reply: string): void {
    if (this.#halved.has(socket)) return
    this.#halved.add(socket)
    socket.write(reply.slice(0, reply.length / 2))
  }

  #charge(socket: Socket, words: readonly string[]): void {
    const error = ERRORS[this.manner]
    const reply = chargedReply(words)
    if (error !== undefined) socket.write(error)
    else if (this.manner === 'garbage') socket.write('\0\xff<html>\r\n\r\n?', 'latin1')
    else if (this.manner === 'half replies') this.#answerHalf(socket, reply)
    else if (this.manner === 'another shape')
      socket.write('*3\r\n$-1\r\n:-9223372036854775808\r\n*1\r\n+x\r\n')
    else if (this.manner === 'huge bulk') socket.write('$2147483647\r\nx')
    else if (this.manner === 'endless') sendWithoutEnd(socket)
    else if (this.manner === 'slow') setTimeout(() => socket.write(reply), SLOW_MS)
    else socket.write(reply)
  }
}

/** Starts a peer; the test's end closes it. */
export async function startRespPeer(t: Test): Promise<RespPeer> {
  const peer = new RespPeer()
  peer.server.listen(0, '127.0.0.1')
  await once(peer.server, 'listening')
  t.teardown(() => peer.close())
  return peer
}

function greetingOf(name: string): string {
  if (name !== 'INFO') return '+OK\r\n'
  const text = 'redis_version:7.0.0\r\nrole:master\r\nloading:0\r\n'
  return `$${text.length}\r\n${text}\r\n`
}

/** See adapters/redis/script.ts: for each call the time, nothing refused, and for each charge what is left. */
function chargedReply([, , keyCount, ...rest]: readonly string[]): string {
  const [limitCount, ...more] = rest.slice(Number(keyCount))
  const calls = more.slice(Number(limitCount))
  const replies: string[] = []
  for (let at = 0; at < calls.length; ) {
    const count = Number(calls[at + 3])
    at += 4 + 2 * count
    const numbers = [Date.now(), -1, 0, 0, ...Array.from({ length: count }, () => [1, 1000, 0]).flat()]
    replies.push(`*${numbers.length}\r\n${numbers.map((number) => `:${number}\r\n`).join('')}`)
  }
  return `*${replies.length}\r\n${replies.join('')}`
}

function sendWithoutEnd(socket: Socket): void {
  socket.write('$500000000\r\n')
  const send = (): void => {
    while (!socket.destroyed && socket.write(CHUNK));
  }
  socket.on('drain', send)
  send()
}
