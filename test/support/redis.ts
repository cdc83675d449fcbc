import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const WAIT_MS = 30_000
const RETRY_MS = 20
const INSTALL_MS = 120_000

/** Why no redis-server can be started here, or false. With CI=true there is no such excuse. */
export function noRedis(): string | false {
  if (hasRedis()) return false
  install()
  if (hasRedis()) return false
  if (process.env.CI === 'true') throw new Error('redis-server is missing, and CI may not skip')
  return 'redis-server is missing'
}

function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
}

/** On Debian a test run by root brings its own. */
function install(): void {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0)
    return
  const options = { stdio: 'ignore', timeout: INSTALL_MS } as const
  // Several test files may find it missing at the same time.
  const lock = ['-o', 'DPkg::Lock::Timeout=100']
  spawnSync('apt-get', [...lock, 'update'], options)
  spawnSync('apt-get', [...lock, 'install', '-y', '--no-install-recommends', 'redis-server'], options)
}

export interface RedisOptions {
  /** More arguments of redis-server, e.g. `['--requirepass', 'x']`. */
  readonly args?: readonly string[]
  /** To start again where another one was; default: a free port. */
  readonly port?: number
  readonly password?: string
  /** For a sentinel instead of a server: its file, which it writes to. */
  readonly configFile?: string
}

/** A real redis-server on 127.0.0.1 that keeps nothing. */
export class RedisServer {
  readonly port: number
  readonly child: ChildProcess
  readonly #password: string
  readonly #dir: string

  constructor(port: number, { args = [], password = '', configFile }: RedisOptions) {
    this.port = port
    this.#password = password
    this.#dir = mkdtempSync(join(tmpdir(), 'sallyport-redis-'))
    const auth = password === '' ? [] : ['--requirepass', password]
    const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#dir]
    const kind = configFile === undefined ? ['--save', '', '--appendonly', 'no'] : ['--sentinel']
    const first = configFile === undefined ? [] : [configFile]
    this.child = spawn('redis-server', [...first, ...own, ...kind, ...auth, ...args], { stdio: 'ignore' })
    const kill = (): void => void this.child.kill('SIGKILL')
    // A test that is cut short runs no teardown.
    process.once('exit', kill)
    this.child.once('close', () => {
      process.off('exit', kill)
      rmSync(this.#dir, { recursive: true, force: true })
    })
  }

  get url(): string {
    const auth = this.#password === '' ? '' : `:${encodeURIComponent(this.#password)}@`
    return `redis://${auth}127.0.0.1:${this.port}`
  }

  /** One command by redis-cli, e.g. `cli('flushall')`. @returns what it printed */
  cli(...args: readonly string[]): string {
    const auth = this.#password === '' ? [] : ['--no-auth-warning', '-a', this.#password]
    return execFileSync('redis-cli', ['-p', `${this.port}`, ...auth, ...args], { timeout: WAIT_MS })
      .toString()
      .trim()
  }

  /** SIGSTOP: connections stay and nothing answers. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const closed = once(this.child, 'close')
    this.child.kill(signal)
    await closed
  }

  /** Resolves when it answers. @throws when it ends instead */
  async answering(): Promise<void> {
    const deadline = Date.now() + WAIT_MS
    while (!(await answers(this.port))) {
      if (this.child.exitCode !== null) throw new Error(`redis-server ended with ${this.child.exitCode}`)
      if (Date.now() > deadline) throw new Error('redis-server does not answer')
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** Starts a redis-server; the test's end stops it. */
export async function startRedis(t: Test, options: RedisOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(options.port ?? (await freePort()), options)
  t.teardown(() => server.stop())
  await server.answering()
  return server
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Whether a PING is answered with anything: one without the password is told so. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(/^\+PONG|^-NOAUTH/.test(data.toString('latin1')))
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
