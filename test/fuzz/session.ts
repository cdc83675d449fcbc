import type { Script } from './case.ts'
import { addressOf, runScript, type Seen } from './client.ts'
import { judge } from './oracle.ts'
import { runScripted } from './scripted.ts'
import { Stage, VICTIMS } from './stage.ts'
import { valuesOf } from './strict-head.ts'
import { readReplies } from './strict-reply.ts'
import { readRequests, type StrictRequest } from './strict-request.ts'

const CONCURRENCY = 24
const SETTLE_MS = 3000
const LAST_LINES = 5
const STRANGER = '127.9.1.1'
const OTHERS = new Set([...VICTIMS, STRANGER])
const SENTINEL: Script = {
  kind: 'requests',
  asked: 'GET',
  count: 1,
  writes: ['GET /public/sentinel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ending: 'wait',
}
const REPLY_ID = /\r\nx-request-id: ([0-9a-f]{32})\r\n/gi
const STATUS = /HTTP\/1\.1 (\d{3}) /g

export interface Job {
  readonly script: Script
  readonly isHonest: boolean
}

export interface Finding {
  /** Place in the batch; null when no case can be blamed alone. */
  readonly at: number | null
  readonly what: string
}

interface Run {
  readonly address: string
  readonly sent: string
  readonly seen: Seen
}

/** Runs cases in batches, side by side, and judges them once a batch is over. */
export class Session {
  readonly stage = new Stage()
  #serial = 0
  forwarded = 0
  readonly statuses = new Map<number, number>()

  async batch(jobs: readonly Job[]): Promise<Finding[]> {
    const runs = await this.#runAll(jobs)
    if (!this.stage.gate.isAlive) return this.#blame(jobs)
    await this.#settle(runs)
    const byClient = Map.groupBy(this.stage.upstream.requests.splice(0), clientOf)
    const findings = runs.flatMap((run, at) => {
      const upstream = byClient.get(run.address) ?? []
      const { script, isHonest } = jobs[at] as Job
      this.#count(run, upstream.length)
      const audit = this.stage.journal.of(run.address)
      return [...new Set(judge({ script, isHonest, ...run, upstream, audit }))].map((what) => ({ at, what }))
    })
    return [...findings, ...this.#shared(runs, byClient)]
  }

  /** Which of the cases ends the process: halves of them against a gate started anew. */
  async #blame(jobs: readonly Job[]): Promise<Finding[]> {
    const what = `process: ended\n${this.stage.gate.log.slice(-LAST_LINES).join('\n')}`
    let [from, to] = [0, jobs.length]
    while (to - from > 1) {
      const middle = (from + to) >> 1
      if (await this.#ends(jobs.slice(from, middle))) to = middle
      else if (await this.#ends(jobs.slice(middle, to))) from = middle
      else break
    }
    await this.stage.restart()
    return [{ at: to - from === 1 ? from : null, what }]
  }

  async #ends(jobs: readonly Job[]): Promise<boolean> {
    await this.stage.restart()
    await this.#runAll(jobs)
    await this.#passBy()
    return !this.stage.gate.isAlive
  }

  async #runAll(jobs: readonly Job[]): Promise<Run[]> {
    const runs: Run[] = []
    const waiting = [...jobs.entries()]
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (!this.stage.gate.isAlive) return
        runs[next[0]] = await this.#run(next[1].script)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, work))
    return runs
  }

  async #run(script: Script): Promise<Run> {
    const { gate, upstream } = this.stage
    const serial = ++this.#serial
    const address = addressOf(serial)
    if (script.kind === 'requests') return { address, ...(await runRequests(gate.port, address, script)) }
    upstream.scripts.set(serial, script)
    const run = await runScripted(gate.port, address, script.asked, serial)
    upstream.scripts.delete(serial)
    return { address, ...run }
  }

  /** One request of nobody in particular: its line comes behind those of what was over before it. */
  async #passBy(): Promise<void> {
    await runScript(this.stage.gate.port, STRANGER, SENTINEL, {
      isAnswered: (received) => received.includes('sentinel'),
      isOwed: true,
    })
  }

  /** Lines are written behind the replies: waits until those of the batch are there. */
  async #settle(runs: readonly Run[]): Promise<void> {
    const { journal } = this.stage
    const deadline = Date.now() + SETTLE_MS
    await this.#passBy()
    const isComplete = (): boolean => journal.of(STRANGER).length > 0 && this.#isTold(runs)
    while (!isComplete() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  #isTold(runs: readonly Run[]): boolean {
    const { journal, upstream } = this.stage
    const told = new Set(runs.flatMap(({ address }) => journal.of(address).map(({ id }) => id)))
    const replied = runs.flatMap(({ seen }) => [...seen.received.matchAll(REPLY_ID)].map(([, id = '']) => id))
    const asked = upstream.requests
      .filter((request) => !OTHERS.has(clientOf(request)))
      .map(({ fields }) => valuesOf(fields, 'x-request-id')[0] ?? '')
    return [...replied, ...asked].every((id) => told.has(id))
  }

  #count({ seen }: Run, forwarded: number): void {
    this.forwarded += forwarded
    for (const [, digits] of seen.received.matchAll(STATUS)) {
      const status = Number(digits)
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    }
  }

  /** What is seen beside the cases' own replies. */
  #shared(runs: readonly Run[], byClient: ReadonlyMap<string, readonly StrictRequest[]>): Finding[] {
    const { journal, upstream } = this.stage
    const places = new Map(runs.map(({ address }, at) => [address, at]))
    journal.forget([...places.keys(), ...OTHERS])
    const broken = upstream.broken.splice(0).map(({ why, bytes }) => {
      const [, address = ''] = /\r\nx-forwarded-for: ([\d.]+)\r\n/i.exec(bytes) ?? []
      const what = `upstream: malformed request, ${why}: ${JSON.stringify(bytes)}`
      return { at: places.get(address) ?? null, what }
    })
    const strangers = [...byClient.keys()]
      .filter((address) => !places.has(address) && !OTHERS.has(address))
      .map((address) => `upstream: a request late or of nobody, client ${address}`)
    const loose = [...this.stage.complaints(), ...strangers, ...journal.problems.splice(0)]
    return [...broken, ...loose.map((what) => ({ at: null, what }))]
  }
}

async function runRequests(
  port: number,
  address: string,
  script: Script,
): Promise<{ sent: string; seen: Seen }> {
  const sent = script.writes.join('')
  const { whole, methods, end } = readRequests(sent)
  const wanted = whole.length + (end === 'malformed' ? 1 : 0)
  const seen = await runScript(port, address, script, {
    isAnswered: (received) => {
      const stream = readReplies(received, methods, false)
      return stream.final.length >= wanted || stream.end === 'upgraded'
    },
    isOwed: (end === 'clean' || end === 'opaque') && whole.length > 0,
  })
  return { sent, seen }
}

function clientOf({ fields }: StrictRequest): string {
  return valuesOf(fields, 'x-forwarded-for').join(' && ')
}
