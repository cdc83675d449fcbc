import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Sallyport } from '../support/process.ts'
import type { Span } from './bound.ts'
import { policyFor, REPLICAS } from './routes.ts'

const MB = 1024 * 1024
/** Requests that found it out at the same time may still be waiting when it is told. */
const LATE_MS = 1000
/** As the image starts it. */
const IMAGE = '--max-old-space-size=112 --max-semi-space-size=16'
const GIVEN_UP = 'shared store given up'
const IN_USE = 'shared store is in use again'

/** The gates as processes, and the API behind them, which notes the number of each request that comes. */
export class Gates {
  readonly arrived: number[] = []
  readonly all: readonly Sallyport[]
  readonly #upstream: Server
  readonly #folder = mkdtempSync(join(tmpdir(), 'sallyport-faults-'))

  private constructor(upstream: Server, redis: string) {
    this.#upstream = upstream
    upstream.on('request', ({ url = '' }, response) => {
      this.arrived.push(Number(new URL(url, 'http://a').searchParams.get('n')))
      response.end('ok')
    })
    const { port } = upstream.address() as AddressInfo
    const policy = policyFor(redis, `http://127.0.0.1:${port}`)
    this.all = Array.from({ length: REPLICAS }, (_, i) => {
      const dir = join(this.#folder, `${i}`)
      mkdirSync(dir)
      return new Sallyport(policy, dir, { env: { NODE_OPTIONS: IMAGE } })
    })
  }

  static async start(redis: string): Promise<Gates> {
    const upstream = createServer().listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const gates = new Gates(upstream, redis)
    await Promise.all(gates.all.map((gate) => gate.serving()))
    return gates
  }

  get areAlive(): boolean {
    return this.all.every(({ hasEnded }) => !hasEnded)
  }

  /** When one of them did without Redis, as their logs have it. */
  away(): Span[] {
    return this.all.flatMap(({ stderr }) => awayIn(stderr))
  }

  /** The largest of them. */
  async residentMb(): Promise<number> {
    const bytes = await Promise.all(this.all.map((gate) => gate.residentBytes()))
    return Math.round(Math.max(...bytes) / MB)
  }

  /** @returns how each of them ended: 0 is well */
  async stop(): Promise<(number | null)[]> {
    await Promise.all(this.all.map((gate) => (gate.hasEnded ? undefined : gate.stop('SIGTERM'))))
    this.#upstream.closeAllConnections()
    this.#upstream.close()
    rmSync(this.#folder, { recursive: true, force: true })
    return this.all.map(({ child }) => child.exitCode)
  }
}

/** Read from the log of a gate: from when it gave Redis up until it was back in use. */
export function awayIn(log: string): Span[] {
  const spans: Span[] = []
  let sinceMs: number | null = null
  for (const line of log.split('\n')) {
    if (!line.includes(GIVEN_UP) && !line.includes(IN_USE)) continue
    const atMs = Date.parse((JSON.parse(line) as { time: string }).time)
    if (line.includes(GIVEN_UP)) sinceMs = atMs
    else if (sinceMs !== null) {
      spans.push([sinceMs, atMs + LATE_MS])
      sinceMs = null
    }
  }
  return sinceMs === null ? spans : [...spans, [sinceMs, Number.POSITIVE_INFINITY]]
}
