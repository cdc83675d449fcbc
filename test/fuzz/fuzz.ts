import { buildCase, type Kind, type Plan, planCase, type Script } from './case.ts'
import type { Entry } from './corpus.ts'
import { minimised } from './minimise.ts'
import { type Finding, type Job, Session } from './session.ts'

export const MAX_RSS_MB = 230
const BATCH = 256
/** Enough to look at; more of the same tells nothing. */
const MAX_FOUND = 20

export interface Wishes {
  readonly seed: number
  readonly requests: number
  readonly replies: number
  readonly seconds: number
}

/** A finding with what makes it happen. */
export interface Found {
  readonly what: string
  readonly plan: Plan | null
  readonly script: Script | null
  /** Happened again when the case was run alone. */
  readonly repeats: boolean
}

export interface Result extends Wishes {
  readonly ran: { requests: number; replies: number; cases: number; corpus: number }
  readonly seconds: number
  readonly forwarded: number
  readonly auditLines: number
  readonly victimRequests: number
  readonly statuses: Readonly<Record<string, number>>
  readonly rssMb: number
  readonly peakRssMb: number
  readonly isComplete: boolean
  readonly found: readonly Found[]
}

export interface Listener {
  readonly progress: (text: string) => void
  readonly found: (found: Found) => void
}

/** Runs the corpus, then mutated requests and replies, against one gate. */
export async function fuzz(wishes: Wishes, corpus: readonly Entry[], listener: Listener): Promise<Result> {
  const session = new Session()
  const campaign = new Campaign(session, wishes, listener)
  try {
    await session.stage.start()
    await campaign.replay(corpus)
    await campaign.run()
    return await campaign.finish()
  } finally {
    await session.stage.stop()
  }
}

class Campaign {
  readonly #session: Session
  readonly #wishes: Wishes
  readonly #listener: Listener
  readonly #found: Found[] = []
  readonly #startedAt = Date.now()
  readonly #ran = { requests: 0, replies: 0, cases: 0, corpus: 0 }
  /** Number of the next case of each kind. */
  readonly #next: Record<Kind, number> = { requests: 0, reply: 0 }

  constructor(session: Session, wishes: Wishes, listener: Listener) {
    this.#session = session
    this.#wishes = wishes
    this.#listener = listener
  }

  async replay(corpus: readonly Entry[]): Promise<void> {
    for (const entry of corpus) {
      if (this.#isOver()) return
      const findings = await this.#session.batch([{ script: entry, isHonest: false }])
      this.#ran.corpus += 1
      for (const { what } of findings)
        this.#tell({ what: `${what} (corpus: ${entry.found})`, plan: null, script: entry, repeats: true })
    }
  }

  /** Batches of both kinds in turn, so that neither is left out when time ends first. */
  async run(): Promise<void> {
    const { requests, replies } = this.#wishes
    while (!this.#isOver()) {
      const [askedPart, answeredPart] = [
        partOf(this.#ran.requests, requests),
        partOf(this.#ran.replies, replies),
      ]
      if (askedPart >= 1 && answeredPart >= 1) return
      if (askedPart <= answeredPart) await this.#batch('requests', requests)
      else await this.#batch('reply', replies)
    }
  }

  async #batch(kind: Kind, wanted: number): Promise<void> {
    const plans: Plan[] = []
    const jobs: Job[] = []
    let count = this.#ranOf(kind)
    while (jobs.length < BATCH && count < wanted) {
      const plan = planCase(kind, this.#wishes.seed, this.#next[kind]++)
      const script = buildCase(plan)
      count += script.count
      plans.push(plan)
      jobs.push({ script, isHonest: plan.mutations.length === 0 })
    }
    const findings = await this.#session.batch(jobs)
    this.#count(kind, jobs)
    await this.#sift(findings, plans, jobs)
    this.#progress(kind, count, wanted)
  }

  #ranOf(kind: Kind): number {
    return kind === 'requests' ? this.#ran.requests : this.#ran.replies
  }

  #isOver(): boolean {
    const isLate = Date.now() - this.#startedAt > this.#wishes.seconds * 1000
    return isLate || !this.#session.stage.gate.isAlive || this.#found.length >= MAX_FOUND
  }

  #count(kind: Kind, jobs: readonly Job[]): void {
    const messages = jobs.reduce((sum, { script }) => sum + script.count, 0)
    if (kind === 'requests') this.#ran.requests += messages
    else this.#ran.replies += messages
    this.#ran.cases += jobs.length
  }

  async #sift(findings: readonly Finding[], plans: readonly Plan[], jobs: readonly Job[]): Promise<void> {
    const blamed = Map.groupBy(findings, ({ at }) => at)
    for (const [at, group] of blamed) {
      const plan = at === null ? undefined : plans[at]
      const job = at === null ? undefined : jobs[at]
      const what = group.map((finding) => finding.what).join('; ')
      if (plan === undefined || job === undefined)
        this.#tell({ what, plan: null, script: null, repeats: false })
      else this.#tell({ what, ...(await minimised(plan, this.#session)) })
      if (this.#isOver()) return
    }
  }

  #tell(found: Found): void {
    this.#found.push(found)
    this.#listener.found(found)
  }

  #progress(kind: Kind, count: number, wanted: number): void {
    const { now } = this.#session.stage.gate.memoryMb()
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000)
    this.#listener.progress(
      `${kind}: ${count} of ${wanted}, ${seconds} s, ${now} MB, ${this.#found.length} found`,
    )
  }

  async finish(): Promise<Result> {
    const { stage, statuses, forwarded } = this.#session
    const { gate } = stage
    if (gate.isAlive && !(await gate.isReady())) this.#tell(general('process: not ready any more'))
    const { now, peak } = gate.memoryMb()
    if (now >= MAX_RSS_MB) this.#tell(general(`memory: ${now} MB, at most ${MAX_RSS_MB}`))
    const code = await this.#session.stage.stop()
    if (code !== 0)
      this.#tell(general(`process: exit code ${code} when told to end\n${gate.log.slice(-5).join('\n')}`))
    const { seed, requests, replies } = this.#wishes
    return {
      seed,
      requests,
      replies,
      seconds: Math.round((Date.now() - this.#startedAt) / 1000),
      ran: this.#ran,
      forwarded,
      auditLines: stage.journal.count,
      victimRequests: stage.victimRequests,
      statuses: Object.fromEntries([...statuses].sort(([a], [b]) => a - b)),
      rssMb: now,
      peakRssMb: peak,
      isComplete: this.#ran.requests >= requests && this.#ran.replies >= replies,
      found: this.#found,
    }
  }
}

/** How much of it is done; more than 1 when nothing was wanted. */
function partOf(done: number, wanted: number): number {
  return wanted === 0 ? Number.POSITIVE_INFINITY : done / wanted
}

function general(what: string): Found {
  return { what, plan: null, script: null, repeats: false }
}
