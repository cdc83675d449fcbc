import { connect, type Socket } from 'node:net'
import { type Arena, type Entrant, enter } from './arena.ts'
import { sallyport } from './contenders/sallyport.ts'
import { demoKey } from './demo-key.ts'
import { roundOrder } from './measure.ts'
import { ReplyParser } from './parser.ts'
import { progress, runAloneInArena } from './program.ts'
import { type Finding, skippedPart } from './result.ts'
import { type Bar, type Spread, spread } from './stats.ts'
import { demoPath, requestBytes } from './workload.ts'

const rounds = 5
const requestsPerSample = 3000
const warmUpRequests = 6000
const atOnce = 16
const idleTimeoutMs = 5000
const maxFailures = 20

/** One kind of request, and what has to come of it. */
interface Kind {
  readonly id: string
  readonly status: number
  /** A connection serves one request after the other; else each request has its own. */
  readonly isKept: boolean
  readonly bytes: (port: number) => Buffer
}

const kinds: readonly Kind[] = [
  { id: 'forwarded', status: 200, isKept: true, bytes: (port) => asking(port, demoPath) },
  { id: 'refused', status: 401, isKept: true, bytes: (port) => requestBytes(port, demoPath, null) },
  { id: 'forwarded-once', status: 200, isKept: false, bytes: (port) => closing(asking(port, demoPath)) },
  { id: 'refused-at-door', status: 400, isKept: false, bytes: (port) => asking(port, '/api/../orders/42') },
]

/**
 * Whether who sends nonsense costs the gate less than who is served. A refusal at the front door ends its connection,
 * so it is held against a forwarded request that has a connection of its own, too.
 */
export async function measureRefusals(arena: Arena): Promise<Finding> {
  const why = sallyport.unavailable()
  if (why !== null) return skippedPart('refusals', why, 'absent')
  const entrant = await enter(arena, { ...sallyport, id: 'refusals' })
  try {
    for (const kind of kinds) await run(entrant, kind, warmUpRequests)
    return findingOf(await sampleAll(entrant))
  } finally {
    await entrant.stop()
  }
}

type Costs = ReadonlyMap<string, readonly number[]>

/** CPU microseconds per request of each kind, a number per round. */
async function sampleAll(entrant: Entrant): Promise<Costs> {
  const costs = new Map<string, number[]>(kinds.map(({ id }) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    for (const kind of roundOrder(kinds, round)) {
      const before = await entrant.meter()
      await run(entrant, kind, requestsPerSample)
      const after = await entrant.meter()
      const cpuMicros = (after.cpuMicros - before.cpuMicros) / requestsPerSample
      costs.get(kind.id)?.push(cpuMicros)
      progress(`refusals ${round + 1}/${rounds}  ${kind.id.padEnd(15)} ${cpuMicros.toFixed(1)} µs/request`)
    }
  }
  return costs
}

function findingOf(costs: Costs): Finding {
  const of = (id: string): readonly number[] => costs.get(id) ?? []
  const bar = (name: string, id: string, against: string): Bar => {
    return { name, value: ratios(of(id), of(against)), max: 1, unit: '×', kind: 'bar' }
  }
  const medians = kinds.map(({ id }) => `${id} ${spread(of(id)).median.toFixed(1)}`)
  return {
    rows: [],
    bars: [
      bar('refused at the door / forwarded, a connection each', 'refused-at-door', 'forwarded-once'),
      bar('refused without a key / forwarded, kept alive', 'refused', 'forwarded'),
    ],
    notes: [`CPU µs per request: ${medians.join(', ')}`],
    skipped: [],
  }
}

/** Taken within each round: what slows the machine for a while slows both. */
function ratios(own: readonly number[], other: readonly number[]): Spread {
  return spread(own.map((cost, round) => cost / (other[round] ?? Number.NaN)))
}

function asking(port: number, path: string): Buffer {
  return requestBytes(port, path, demoKey(0).text)
}

function closing(request: Buffer): Buffer {
  const head = request.toString('latin1')
  return Buffer.from(head.replace(/\r\n\r\n$/, '\r\nconnection: close\r\n\r\n'), 'latin1')
}

/** @throws Error when replies are other than they have to be */
async function run({ setting }: Entrant, kind: Kind, requests: number): Promise<void> {
  const load = new Load(setting.port, kind, requests)
  await Promise.all(Array.from({ length: atOnce }, () => load.work()))
}

/** So many requests of one kind, some at a time. */
class Load {
  readonly #port: number
  readonly #kind: Kind
  readonly #bytes: Buffer
  #left: number
  #failures = 0

  constructor(port: number, kind: Kind, requests: number) {
    this.#port = port
    this.#kind = kind
    this.#bytes = kind.bytes(port)
    this.#left = requests
  }

  /** One connection after the other until nothing is left to do. */
  async work(): Promise<void> {
    while (this.#left > 0) {
      const problem = await this.#connection()
      if (problem === null) continue
      this.#failures += 1
      if (this.#failures > maxFailures) throw new Error(`${this.#kind.id}: ${problem}`)
    }
  }

  /** @returns null when it has ended as it should */
  #connection(): Promise<string | null> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
      let problem: string | null = 'ended without a reply'
      const parser = new ReplyParser(({ status }) => {
        problem = status === this.#kind.status ? null : `answered ${status}`
        if (problem !== null) socket.destroy()
        else if (this.#kind.isKept) this.#goOn(socket)
      })
      socket.setTimeout(idleTimeoutMs, () => socket.destroy())
      socket.on('data', (chunk: Buffer) => parser.push(chunk))
      socket.on('error', (error) => {
        problem ??= error.message
      })
      socket.once('close', () => resolve(problem))
      socket.once('connect', () => this.#send(socket))
    })
  }

  #goOn(socket: Socket): void {
    if (this.#left > 0) this.#send(socket)
    else socket.destroy()
  }

  #send(socket: Socket): void {
    this.#left -= 1
    socket.write(this.#bytes)
  }
}

if (import.meta.main) await runAloneInArena('refusals', measureRefusals)
