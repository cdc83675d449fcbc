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
import { listening } from '../support/listening.ts'
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
    // Not at once: the honest client lives in this process, and would wait until every buffer is full.
    response.on('drain', () => setImmediate(send))
    send()
  }
}

export async function startApi(t: Test): Promise<Api> {
  const api = new Api()
  await listening(t, api.server)
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
  /** The 99th percentile of each so many requests, in milliseconds. */
  readonly p99sMs: readonly number[]
}

/** Requests that one 99th percentile is taken of. */
const WINDOW = 200
/** Whose address the honest client has where 127.0.0.1 is trusted. */
const HONEST_ADDRESS = '192.0.2.1'

/** A client that behaves, on four connections; every reply must be 200 and whole. */
export async function honestly(
  sallyport: Sallyport,
  count: number,
  isEnough: () => boolean = () => true,
): Promise<Honest> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const failures: string[] = []
  const times: number[] = []
  const client = async (): Promise<void> => {
    while (times.length + failures.length < count || !isEnough()) {
      const begun = performance.now()
      const told = await ask(sallyport.port, '/open/item', agent).catch((error: Error) => error.message)
      if (told === '200') times.push(performance.now() - begun)
      else failures.push(told)
    }
  }
  await Promise.all(Array.from({ length: 4 }, client))
  agent.destroy()
  return { failures, p99sMs: p99sOf(times) }
}

/** A rest at the end that is smaller than a window tells nothing. */
function p99sOf(times: readonly number[]): readonly number[] {
  const count = Math.max(1, Math.floor(times.length / WINDOW))
  return Array.from({ length: count }, (_, i) => {
    const window = times.slice(i * WINDOW, (i + 1) * WINDOW).sort((a, b) => a - b)
    return window[Math.floor(window.length * 0.99)] ?? Number.POSITIVE_INFINITY
  })
}

function ask(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': HONEST_ADDRESS }
    const asked = request({ port, host: '127.0.0.1', path, agent, headers }, (reply) => {
      reply.resume()
      reply.once('end', () => resolve(String(reply.statusCode)))
      reply.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}

const MOST_TIMES = 2
/** What the scheduler of two busy cores takes by itself: beneath it a ratio measures the machine and not the gate. */
const NOISE_MS = 15
const TRIES = 4
const CALM_REQUESTS = 400

/**
 * Runs an attack beside an honest client, whose 99th percentile stays within twice what it is without the attack, noise apart. Calm is
 * measured before and after, so that a machine that is busy with something else is so in both; and because it may be so
 * in one only, one good try of several is enough. Nothing of the honest client may fail in any.
 * @param attack resolves when it is over
 */
export async function assertUnharmed(
  t: Test,
  sallyport: Sallyport,
  attack: () => Promise<void>,
): Promise<void> {
  const seen: string[] = []
  for (let i = 0; i < TRIES; i++) {
    const before = await honestly(sallyport, CALM_REQUESTS)
    let isOver = false
    const attacked = attack().finally(() => {
      isOver = true
    })
    const during = await honestly(sallyport, CALM_REQUESTS, () => isOver)
    await attacked
    const after = await honestly(sallyport, CALM_REQUESTS)
    const failures = [before, during, after].flatMap((one) => one.failures)
    t.strictSame(failures, [], 'every request of the honest client succeeds')
    const [calmMs, attackedMs] = [median([...before.p99sMs, ...after.p99sMs]), median(during.p99sMs)]
    seen.push(`p99 ${attackedMs.toFixed(1)} ms, calm ${calmMs.toFixed(1)} ms`)
    if (attackedMs <= Math.max(MOST_TIMES * calmMs, calmMs + NOISE_MS) || failures.length > 0) break
    if (i === TRIES - 1) t.fail(`p99 is more than ${MOST_TIMES} times what it was in each of ${TRIES} tries`)
  }
  t.comment(seen.join('; '))
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

const SLICES = 50

/**
 * Repeats the step of an attack for each of its clients until the test ends: some clients at a time, for all of them at
 * once would hold up the honest client, which lives in the same process.
 */
export function trickle<Client>(
  ms: number,
  clients: readonly Client[],
  step: (client: Client) => void,
): NodeJS.Timeout {
  let slice = 0
  return setInterval(() => {
    for (let i = slice; i < clients.length; i += SLICES) step(clients[i] as Client)
    slice = (slice + 1) % SLICES
  }, ms / SLICES).unref()
}
