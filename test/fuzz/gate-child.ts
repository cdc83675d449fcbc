import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))
/** As in the image, for the bound on memory is a bound on this. */
export const NODE_OPTIONS = '--max-old-space-size=112 --max-semi-space-size=16'
const MAX_LOG_LINES = 50
const START_MS = 30_000
const END_MS = 15_000

/** One line of the audit, as far as it is looked at. */
export interface AuditLine {
  readonly type: string
  readonly id: string
  readonly client: string
  readonly outcome: string
  readonly code: string | null
  readonly why: string | null
  readonly status: number
  readonly path: string | null
  readonly method: string | null
  readonly route: string | null
  readonly upstream: string | null
}

/** The gate as a process of its own. */
export class GateChild {
  readonly #child: ChildProcess
  /** The last lines it logged. */
  readonly log: string[] = []
  readonly ended: Promise<number | null>
  isAlive = true
  port = 0
  #ops = ''

  private constructor(policyFile: string, onAudit: (line: AuditLine) => void) {
    this.#child = spawn(process.execPath, [PROGRAM, 'serve', '--policy', policyFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, NODE_ENV: 'production', NODE_OPTIONS },
    })
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.isAlive = false
      return code
    })
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('no pipes')
    createInterface({ input: stdout }).on('line', (line) => onAudit(JSON.parse(line)))
    createInterface({ input: stderr }).on('line', (line) => {
      this.log.push(line)
      if (this.log.length > MAX_LOG_LINES) this.log.shift()
    })
  }

  /** Starts it and waits until it is ready. @throws when it does not get there */
  static async start(policyFile: string, onAudit: (line: AuditLine) => void): Promise<GateChild> {
    const gate = new GateChild(policyFile, onAudit)
    const deadline = Date.now() + START_MS
    while (!gate.#readAddresses()) {
      if (!gate.isAlive || Date.now() > deadline) throw new Error(`did not start:\n${gate.log.join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return gate
  }

  #readAddresses(): boolean {
    const line = this.log.find((text) => text.includes('"serving"'))
    if (line === undefined) return false
    const { listen, ops } = JSON.parse(line) as { listen: string; ops: string }
    this.port = Number(listen.split(':').at(-1))
    this.#ops = ops
    return true
  }

  async isReady(): Promise<boolean> {
    if (!this.isAlive) return false
    const reply = await fetch(`http://${this.#ops}/health/ready`).catch(() => null)
    await reply?.body?.cancel()
    return reply?.status === 200
  }

  /** Resident memory now and at its highest; Linux tells. */
  memoryMb(): { now: number; peak: number } {
    if (!this.isAlive) return { now: 0, peak: 0 }
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const read = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
    return { now: Math.round(read('VmRSS')), peak: Math.round(read('VmHWM')) }
  }

  /** Ends it in order. @returns its exit code; null when it had to be killed */
  async stop(): Promise<number | null> {
    if (!this.isAlive) return this.ended
    this.#child.kill('SIGINT')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    const code = await this.ended
    clearTimeout(timer)
    return code
  }
}
