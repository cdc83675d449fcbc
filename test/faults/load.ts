import { Pool } from 'undici'
import type { Span } from './bound.ts'
import { ROUTES } from './routes.ts'

/** Requests a second to each route, over all gates. */
const RATE = 80
const TICK_MS = 25
const CONNECTIONS = 32
const MAX_UNDER_WAY = 2000
const REPLY_MS = 10_000
const MAX_PROBLEMS = 100
/** What a route on `deny` may say beside what each may. */
const UNAVAILABLE = 503

export interface RouteJournal {
  /** Requests that got through, with when they were sent and when their reply had come. */
  readonly passed: Span[]
  readonly statuses: Map<number, number>
  /** Milliseconds until the reply, of all. */
  readonly tookMs: number[]
}

/** Asks the gates in turn at a bounded rate, whatever they answer, and notes what comes of each request. */
export class Load {
  readonly routes = new Map<string, RouteJournal>(
    ROUTES.map(({ name }) => [name, { passed: [], statuses: new Map(), tookMs: [] }]),
  )
  /** Numbers of the requests that were answered 200. */
  readonly served = new Set<number>()
  readonly problems: string[] = []
  sent = 0
  /** Left out, because too many were under way: the machine cannot keep up. */
  unsent = 0
  readonly #pools: readonly Pool[]
  readonly #underWay = new Set<Promise<void>>()
  /** For each gate: when the last request was sent that showed Redis in use there. */
  readonly #inUseMs: number[]
  #timer: NodeJS.Timeout | null = null
  #news = Promise.withResolvers<void>()

  constructor(origins: readonly string[]) {
    this.#pools = origins.map((origin) => new Pool(origin, { connections: CONNECTIONS }))
    this.#inUseMs = origins.map(() => 0)
  }

  start(): void {
    const startMs = performance.now()
    this.#timer = setInterval(() => {
      const owed = ((performance.now() - startMs) * RATE * ROUTES.length) / 1000
      while (this.sent < owed) this.#send()
    }, TICK_MS)
  }

  /** Resolves when every gate has let a request of `deny` be judged by Redis that was sent after this time. */
  async inUseSince(sinceMs: number, withinMs: number): Promise<boolean> {
    const late = AbortSignal.timeout(withinMs)
    const isLate = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve()))
    while (!late.aborted && this.#inUseMs.some((atMs) => atMs <= sinceMs))
      await Promise.race([this.#news.promise, isLate])
    return !late.aborted
  }

  /** Sends no more and waits for what is under way. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await Promise.all(this.#underWay)
    await Promise.all(this.#pools.map((pool) => pool.destroy()))
  }

  #send(): void {
    const number = this.sent++
    if (this.#underWay.size >= MAX_UNDER_WAY) {
      this.unsent += 1
      return
    }
    const { name } = ROUTES[number % ROUTES.length] as (typeof ROUTES)[number]
    const gate = Math.floor(number / ROUTES.length) % this.#pools.length
    const asking = this.#ask(number, name, gate).catch((error: unknown) => {
      this.#problem(`${name}: no reply to request ${number}: ${error}`)
    })
    this.#underWay.add(asking)
    void asking.finally(() => this.#underWay.delete(asking))
  }

  async #ask(number: number, name: string, gate: number): Promise<void> {
    const sentMs = Date.now()
    const from = performance.now()
    const pool = this.#pools[gate] as Pool
    const path = `/${name}?n=${number}`
    const { statusCode, body } = await pool.request({ path, method: 'GET', headersTimeout: REPLY_MS })
    await body.dump()
    const journal = this.routes.get(name) as RouteJournal
    journal.tookMs.push(performance.now() - from)
    journal.statuses.set(statusCode, (journal.statuses.get(statusCode) ?? 0) + 1)
    if (statusCode === 200) {
      journal.passed.push([sentMs, Date.now()])
      this.served.add(number)
    }
    this.#judge(name, statusCode)
    if (name === 'deny' && statusCode !== UNAVAILABLE) this.#noteInUse(gate, sentMs)
  }

  #judge(name: string, status: number): void {
    if (status === 200 || status === 429 || (name === 'deny' && status === UNAVAILABLE)) return
    this.#problem(`${name}: a reply with status ${status}`)
  }

  #noteInUse(gate: number, sentMs: number): void {
    this.#inUseMs[gate] = Math.max(this.#inUseMs[gate] ?? 0, sentMs)
    const news = this.#news
    this.#news = Promise.withResolvers()
    news.resolve()
  }

  #problem(text: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(text)
  }
}
