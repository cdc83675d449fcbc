import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { RawClient } from './raw-client.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))

/** Never to be waited for longer; the watch of the policy's files looks at most two seconds later. */
const WAIT_MS = 30_000

export interface ProcessOptions {
  /** Beside PATH; nothing else of the test's environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** Files beside the policy, by name. */
  readonly files?: Readonly<Record<string, string>>
  readonly dir?: string
}

/** `sallyport serve` as a process of its own, on free ports, with every byte that it wrote. */
export class Sallyport extends EventEmitter {
  readonly child: ChildProcess
  readonly dir: string
  readonly file: string
  stdout = ''
  stderr = ''
  port = 0
  opsPort = 0
  hasEnded = false
  readonly #clients: RawClient[] = []

  constructor(policy: string, dir: string, { env = {}, files = {} }: ProcessOptions = {}) {
    super()
    this.setMaxListeners(0)
    this.dir = dir
    this.file = join(dir, 'policy.yaml')
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    writeFileSync(this.file, policy)
    this.child = spawn(process.execPath, [PROGRAM, 'serve', '--policy', this.file], {
      cwd: dir,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take('stdout', text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take('stderr', text))
    const kill = (): void => void this.child.kill('SIGKILL')
    // A test that is cut short runs no teardown.
    process.once('exit', kill)
    this.child.once('close', () => {
      process.off('exit', kill)
      this.hasEnded = true
      this.emit('news')
    })
  }

  #take(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    this.emit('news')
  }

  /** Resolves when the log holds the text `count` times. */
  async logged(text: string, count = 1): Promise<void> {
    const deadline = AbortSignal.timeout(WAIT_MS)
    while (this.stderr.split(text).length <= count) {
      if (this.hasEnded) throw new Error(`the process ended: ${this.stderr.slice(-2000)}`)
      await once(this, 'news', { signal: deadline }).catch(() => {
        throw new Error(`never logged ${text}: ${this.stderr.slice(-2000)}`)
      })
    }
  }

  async serving(): Promise<void> {
    await this.logged('"msg":"serving"')
    this.port = this.#portOf('listen')
    this.opsPort = this.#portOf('ops')
  }

  #portOf(name: string): number {
    return Number(new RegExp(`"${name}":"[^"]*:(\\d+)"`).exec(this.stderr)?.[1])
  }

  /** Audit lines on standard output, read as JSON. */
  get audit(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line))
  }

  /** Resolves when so many audit lines have come. */
  async audited(count: number): Promise<Record<string, unknown>[]> {
    const deadline = AbortSignal.timeout(WAIT_MS)
    while (this.stdout.split('\n').length <= count) await once(this, 'news', { signal: deadline })
    return this.audit
  }

  client(options?: { allowHalfOpen?: boolean }): RawClient {
    const client = new RawClient(this.port, options)
    this.#clients.push(client)
    return client
  }

  async ops(path: string): Promise<string> {
    const reply = await fetch(`http://127.0.0.1:${this.opsPort}${path}`)
    return reply.text()
  }

  /** The value of a metric without labels, or with these. */
  async metric(name: string): Promise<number> {
    const line = (await this.ops('/metrics')).split('\n').find((one) => one.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1))
  }

  /** Asks until the metric has the value; fails when it never gets it. */
  async metricBecomes(name: string, wanted: (value: number) => boolean): Promise<number> {
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      const value = await this.metric(name)
      if (wanted(value)) return value
      if (Date.now() > deadline) throw new Error(`${name} stays ${value}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async residentBytes(): Promise<number> {
    return this.metric('process_resident_memory_bytes')
  }

  /** Replaces the policy by a rename, as deployments do. */
  write(policy: string): void {
    writeFileSync(`${this.file}.next`, policy)
    renameSync(`${this.file}.next`, this.file)
  }

  /** Resolves when the new policy is in force. */
  async reload(policy: string): Promise<void> {
    const before = this.stderr.split('"msg":"policy reloaded"').length
    this.write(policy)
    await this.logged('"msg":"policy reloaded"', before)
  }

  read(name: string): string {
    return readFileSync(join(this.dir, name), 'utf8')
  }

  /** Ends it and waits for its last byte. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    for (const client of this.#clients) client.leave()
    this.child.kill(signal)
    while (!this.hasEnded) await once(this, 'news')
  }
}

/** Starts the program; the test's end kills what is left of it. */
export async function startSallyport(
  t: Test,
  policy: string,
  options: ProcessOptions = {},
): Promise<Sallyport> {
  const sallyport = new Sallyport(policy, options.dir ?? t.testdir(), options)
  t.teardown(() => sallyport.stop('SIGKILL'))
  await sallyport.serving()
  return sallyport
}
