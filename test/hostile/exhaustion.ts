import { EventEmitter, once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import type { Sallyport } from '../support/process.ts'

/** Never to be waited for longer. */
const WAIT_MS = 60_000
const CHUNK = Buffer.alloc(64 * 1024, 'x')
const ITEM = JSON.stringify({ items: Array.from({ length: 10 }, (_, id) => ({ id, name: `item ${id}` })) })

/** An API that answers, hangs, or never stops sending, and counts who was cut off. */
export class Api extends EventEmitter {
  readonly server: Server
  readonly sockets = new Set<Socket>()
  requests = 0
  /** Requests whose body never came whole, or whose reply was never read whole. */
  aborted = 0
  /** Requests that were read to their end. */
  completed = 0
  bytesRead = 0
  lastBody = ''
  lastUrl = ''

  constructor() {
    super()
    this.setMaxListeners(0)
    this.server = createServer((incoming, response) => this.#answer(incoming, response))
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.once('close', () => {
        this.sockets.delete(socket)
        this.emit('news')
      })
    })
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  reset(): void {
    this.requests = 0
    this.aborted = 0
    this.completed = 0
    this.bytesRead = 0
  }

  /** Resolves when the condition holds. */
  async until(isSo: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(WAIT_MS)
    while (!isSo()) {
      await once(this, 'news', { signal: deadline }).catch(() => {
        const { requests, completed, aborted, sockets } = this
        throw new Error(
          `never so: ${JSON.stringify({ requests, completed, aborted, sockets: sockets.size })}`,
        )
      })
    }
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    this.requests += 1
    this.emit('news')
    this.lastBody = ''
    this.lastUrl = incoming.url ?? ''
    incoming.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length
      if (this.lastBody.length < CHUNK.length) this.lastBody += chunk.toString('latin1')
      this.emit('news')
    })
    response.once('close', () => {
      if (!response.writableFinished) this.aborted += 1
      this.emit('news')
    })
    incoming.on('error', () => undefined)
    if (incoming.url?.startsWith('/endless') === true) this.#sendWithoutEnd(response)
    else if (incoming.url?.startsWith('/hang') === true) return
    else if (incoming.url?.startsWith('/early') === true) {
      response.writeHead(413, { connection: 'close' }).end('too large')
    } else incoming.once('end', () => this.#sendItem(response))
  }

  #sendItem(response: ServerResponse): void {
    this.completed += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end(ITEM)
    this.emit('news')
  }

  #sendWithoutEnd(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    const send = (): void => {
      while (!response.destroyed && response.write(CHUNK));
    }
    response.on('drain', send)
    send()
  }
}

export async function startApi(t: Test): Promise<Api> {
  const api = new Api()
  api.server.listen(0, '127.0.0.1')
  await once(api.server, 'listening')
  t.teardown(() => {
    api.server.closeAllConnections()
    api.server.close()
  })
  return api
}

export interface Policy {
  readonly server?: string
  readonly top?: string
  readonly routes?: string
  readonly upstream?: string
}

/** A policy with one open route, `/open/*`, and what the test adds. */
export function policyFor(
  api: Api,
  { server = '', top = '', routes = '', upstream = '' }: Policy = {},
): string {
  return `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
server: { ${server} }
drain: { delay: 0s, grace: 1s }
upstreams: { api: { url: "${api.origin}", circuit: off, retry: off ${upstream} } }
${top}
defaults: { upstream: api, auth: none }
routes:
  - { id: open, match: { path: /open/* } }
  - { id: endless, match: { path: /endless } }
  - { id: early, match: { path: /early } }
${routes}`
}

export interface Honest {
  readonly failures: readonly string[]
  readonly p99Ms: number
}

/** A client that behaves, on four connections; every reply must be 200 and whole. */
export async function honestly(sallyport: Sallyport, count: number, path = '/open/item'): Promise<Honest> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const failures: string[] = []
  const times: number[] = []
  const client = async (): Promise<void> => {
    while (times.length + failures.length < count) {
      const begun = performance.now()
      const told = await ask(sallyport.port, path, agent).catch((error: Error) => error.message)
      if (told === '200') times.push(performance.now() - begun)
      else failures.push(told)
    }
  }
  await Promise.all(Array.from({ length: 4 }, client))
  agent.destroy()
  times.sort((a, b) => a - b)
  return { failures, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY }
}

function ask(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, agent }, (reply) => {
      reply.resume()
      reply.once('end', () => resolve(String(reply.statusCode)))
      reply.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}

/** Two shared cores, and the attack comes from the same process: what is judged is the kind of delay, not its size. */
const MOST_TIMES = 10
const NOISE_MS = 20

/** Nothing failed, and the slowest hundredth is of the same kind as before. */
export function assertUnharmed(t: Test, before: Honest, during: Honest): void {
  t.strictSame(during.failures, [], 'every request of the honest client succeeds')
  const bound = MOST_TIMES * Math.max(before.p99Ms, NOISE_MS)
  t.ok(during.p99Ms <= bound, `p99 ${during.p99Ms.toFixed(1)} ms, before ${before.p99Ms.toFixed(1)} ms`)
}

/** Repeats an attack's step until it is told to end. */
export function every(t: Test, ms: number, step: () => void): void {
  const timer = setInterval(step, ms)
  t.teardown(() => clearInterval(timer))
}
