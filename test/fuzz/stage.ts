import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GateChild } from './gate-child.ts'
import { Journal } from './journal.ts'
import { BODY_SCHEMA, policyFor } from './policy.ts'
import { FuzzUpstream } from './upstream.ts'
import { Victim } from './victim.ts'

export const VICTIMS: readonly string[] = ['127.9.0.1', '127.9.0.2']

/** The gate as a process, an upstream behind it, victims before it. */
export class Stage {
  readonly upstream = new FuzzUpstream()
  readonly journal = new Journal()
  readonly #folder = mkdtempSync(join(tmpdir(), 'sallyport-fuzz-'))
  #policyFile = ''
  #gate: GateChild | null = null
  #victims: Victim[] = []
  victimRequests = 0

  /** @throws before `start` */
  get gate(): GateChild {
    if (this.#gate === null) throw new Error('not started')
    return this.#gate
  }

  async start(): Promise<void> {
    await this.upstream.listen()
    const schema = join(this.#folder, 'order.json')
    this.#policyFile = join(this.#folder, 'policy.yaml')
    writeFileSync(schema, BODY_SCHEMA)
    writeFileSync(this.#policyFile, policyFor(this.upstream.origin, schema))
    await this.#startGate()
  }

  /** A new gate; what the old one left is forgotten. */
  async restart(): Promise<void> {
    await this.#stopGate()
    this.journal.clear()
    this.upstream.requests.length = 0
    this.upstream.broken.length = 0
    await this.#startGate()
  }

  /** @returns the gate's exit code; null when it had to be killed or never started */
  async stop(): Promise<number | null> {
    const code = await this.#stopGate()
    this.upstream.close()
    rmSync(this.#folder, { recursive: true, force: true })
    return code
  }

  /** What the victims have to complain of since the last time. */
  complaints(): string[] {
    return this.#victims.flatMap(({ problems }) => problems.splice(0).map((what) => `victim: ${what}`))
  }

  async #startGate(): Promise<void> {
    const gate = await GateChild.start(this.#policyFile, (line) => this.journal.keep(line))
    this.#gate = gate
    this.#victims = VICTIMS.map((address) => new Victim(gate.port, address))
    for (const victim of this.#victims) victim.start()
  }

  async #stopGate(): Promise<number | null> {
    await Promise.all(this.#victims.map((victim) => victim.stop()))
    this.victimRequests += this.#victims.splice(0).reduce((sum, { asked }) => sum + asked, 0)
    return (await this.#gate?.stop()) ?? null
  }
}
