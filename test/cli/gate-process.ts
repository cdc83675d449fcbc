import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { listening } from '../support/listening.ts'

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly listen?: string
  readonly ops?: string
  readonly hash?: string
  readonly problems?: readonly string[]
}

/** A line that is not JSON is Node's own: the program did not even start. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 'fatal', msg: line }
  }
}

/** The gate as a process of its own, with what it logs and audits. */
export class GateProcess {
  readonly child: ChildProcess
  readonly log: LogLine[] = []
  readonly audit: Record<string, unknown>[] = []
  readonly ended: Promise<number | null>
  #wake: () => void = () => undefined

  constructor(t: Test, args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.child, 'close').then(([code]) => code)
    this.#collect(this.child.stderr, this.log)
    this.#collect(this.child.stdout, this.audit)
    void this.ended.then(() => this.#wake())
    t.teardown(() => void this.child.kill('SIGKILL'))
  }

  #collect(stream: Readable | null, lines: unknown[]): void {
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(parsed(line))
      this.#wake()
    })
  }

  /** Waits for the `count`th log line with this message. */
  async logged(message: string, count = 1): Promise<LogLine> {
    for (;;) {
      const line = this.log.filter(({ msg }) => msg.includes(message))[count - 1]
      if (line !== undefined) return line
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended: ${JSON.stringify(this.log)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** An API whose replies to /slow wait until they are let go. */
export class Api {
  readonly server: Server
  readonly held: ServerResponse[] = []
  #arrived: () => void = () => undefined

  constructor() {
    this.server = createServer((request, response) => {
      if (request.url === '/slow') this.held.push(response)
      else response.end('fine')
      this.#arrived()
    })
  }

  /** Waits until a request is held. */
  async holding(): Promise<void> {
    while (this.held.length === 0) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }

  release(): void {
    for (const response of this.held.splice(0)) response.end('slow')
  }
}

export interface Gate {
  readonly gate: GateProcess
  readonly api: Api
  readonly file: string
  readonly url: string
  readonly ops: string
  readonly policy: (more?: string) => string
}

/** Starts an API and the gate in front of it, on free ports. */
export async function startGate(t: Test, settings = 'drain: { delay: 0s, grace: 5s }'): Promise<Gate> {
  const api = new Api()
  await listening(t, api.server)
  const { port } = api.server.address() as AddressInfo
  const policy = (more = '') => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
${settings}
upstreams: { api: { url: "http://127.0.0.1:${port}" } }
defaults: { upstream: api, auth: none }
routes:
  - { id: all, match: { path: "/*", methods: [GET] } }
${more}`
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, policy())
  const gate = new GateProcess(t, ['serve', '--policy', file])
  const serving = await gate.logged('serving')
  return { gate, api, file, policy, url: `http://${serving.listen}`, ops: `http://${serving.ops}` }
}
