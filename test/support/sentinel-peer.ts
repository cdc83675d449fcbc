import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { onCommand } from './resp-commands.ts'

/** A sentinel that keeps who asks for the server waiting for as long as the test wants, and tells of failovers when told. */
export class SentinelPeer {
  /** Answers that are held back; null when none are. */
  held: (() => void)[] | null = null
  readonly #server = createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()
  readonly #subscribers = new Set<Socket>()
  readonly #redisPort: number
  #news = Promise.withResolvers<void>()

  constructor(redisPort: number) {
    this.#redisPort = redisPort
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  /** Resolves when it is true. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#news.promise
  }

  get subscribers(): number {
    return this.#subscribers.size
  }

  tellOfFailover(): void {
    const place = `127.0.0.1 ${this.#redisPort}`
    const message = bulks(['message', '+switch-master', `limits ${place} ${place}`])
    for (const socket of this.#subscribers) socket.write(message)
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#subscribers.delete(socket)
      this.#tellNews()
    })
    onCommand(socket, (words) => this.#answer(socket, words))
    socket.on('data', () => this.#tellNews())
  }

  #tellNews(): void {
    const news = this.#news
    this.#news = Promise.withResolvers()
    news.resolve()
  }

  #answer(socket: Socket, [name = '', kind = '']: readonly string[]): void {
    if (kind === 'get-master-addr-by-name') {
      const tell = (): void => void socket.write(bulks(['127.0.0.1', `${this.#redisPort}`]))
      if (this.held === null) tell()
      else this.held.push(tell)
    } else if (name.toLowerCase() === 'subscribe') {
      this.#subscribers.add(socket)
      socket.write(`*3\r\n$9\r\nsubscribe\r\n$${kind.length}\r\n${kind}\r\n:1\r\n`)
    } else if (kind === 'sentinels') socket.write('*0\r\n')
    else socket.write('+OK\r\n')
  }
}

/** Starts one that knows this server; the test's end closes it. */
export async function startSentinelPeer(t: Test, redisPort: number): Promise<SentinelPeer> {
  const peer = new SentinelPeer(redisPort)
  await peer.listen()
  t.teardown(() => peer.close())
  return peer
}

function bulks(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}
