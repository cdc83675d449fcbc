import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { listening } from '../support/listening.ts'
import { Api } from './gate-process.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const END_TOGETHER = new URL('../../scripts/demo/end-together.ts', import.meta.url).href
const MAIN = join(ROOT, 'src', 'main.ts')

/** A command in a process group of its own, which a terminal would signal as a whole, with what stands on standard error. */
class Command {
  readonly child: ChildProcess
  /** Resolves once nobody holds standard error any more: no process is left. */
  readonly allEnded: Promise<number | null>
  text = ''
  #isOver = false
  #wake: () => void = () => undefined

  constructor(t: Test, file: string, args: readonly string[]) {
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    this.child = spawn(file, args, { cwd: ROOT, detached: true, stdio: [...stdio] })
    ;(this.child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.text += text
      this.#wake()
    })
    this.allEnded = once(this.child, 'close').then(([code]) => {
      this.#isOver = true
      this.#wake()
      return code
    })
    t.teardown(() => this.#killAll())
  }

  async told(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.text)
      if (found !== null) return found[1] ?? ''
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended: ${this.text}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Everybody in its group, as a Ctrl-C does. */
  ctrlC(): void {
    process.kill(-(this.child.pid as number), 'SIGINT')
  }

  /** Its children may have groups of their own, and say who they are. */
  #killAll(): void {
    if (this.#isOver) return
    const children = [...this.text.matchAll(/(?:api|gate)=(\d+)/g)].map(([, pid]) => Number(pid))
    for (const pid of [-(this.child.pid as number), ...children]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Gone already.
      }
    }
  }
}

async function startApi(t: Test): Promise<{ api: Api; policy: string }> {
  const api = new Api()
  const policy = join(t.testdir(), 'policy.yaml')
  writeFileSync(policy, policyFor(await listening(t, api.server)))
  return { api, policy }
}

const policyFor = (url: string) => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
drain: { delay: 0s, grace: 1h }
upstreams: { api: { url: "${url}" } }
defaults: { upstream: api, auth: none }
routes: [{ id: all, match: { path: "/*", methods: [GET] } }]
`

const LISTENS = /"listen":"([^"]+)"/
const serveByNpm = (policy: string) => ['run', '-s', 'sallyport', '--', 'serve', '--policy', policy]

for (const [how, end] of [
  ['SIGTERM for npm', (npm: Command) => npm.child.kill('SIGTERM')],
  ['Ctrl-C', (npm: Command) => npm.ctrlC()],
] as const) {
  t.test(`npm run sallyport -- serve: ${how} drains the gate and leaves nobody behind`, async (t) => {
    const { api, policy } = await startApi(t)
    const npm = new Command(t, 'npm', serveByNpm(policy))
    const slow = fetch(`http://${await npm.told(LISTENS)}/slow`)
    await api.holding()
    end(npm)
    await npm.told(/"draining"/)
    api.release()
    t.equal(await (await slow).text(), 'slow')
    t.equal(await npm.allEnded, 0)
    t.match(npm.text, '"drained"')
    t.notMatch(npm.text, 'ended at once')
  })
}

/** What `npm start` does with its two children, on free ports; the API is one that answers after it has been told to. */
const demo = (policy: string) => `
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { endTogether, startChild } from ${JSON.stringify(END_TOGETHER)}
const api = startChild(['-e', ${JSON.stringify(SLOW_API)}], ['ignore', 'pipe', 'inherit'])
const [url] = await once(api.stdout, 'data')
writeFileSync(${JSON.stringify(policy)}, ${JSON.stringify(policyFor('URL'))}.replace('URL', url))
const gate = startChild([${JSON.stringify(MAIN)}, 'serve', '--policy', ${JSON.stringify(policy)}], ['ignore', 'ignore', 'inherit'])
console.error('gate=' + gate.pid)
process.exitCode = await endTogether(gate, api)
`

/** Holds a request until one for /release comes; it has a name to be ended by. */
const SLOW_API = `
let held = []
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/slow') { held.push(response); console.error('holding') }
  else { for (const one of held) one.end('slow'); response.end() }
}).listen(0, '127.0.0.1', () => {
  console.error('api=' + process.pid + ' port=' + server.address().port + '.')
  process.stdout.write('http://127.0.0.1:' + server.address().port)
})`

async function startDemo(t: Test) {
  const program = demo(join(t.testdir(), 'policy.yaml'))
  const command = new Command(t, process.execPath, ['--input-type=module-typescript', '-e', program])
  const [api, apiPort] = [
    Number(await command.told(/api=(\d+) /)),
    Number(await command.told(/ port=(\d+)\./)),
  ]
  const slow = fetch(`http://${await command.told(LISTENS)}/slow`)
  slow.catch(() => undefined)
  await command.told(/holding/)
  return { command, api, apiPort, slow }
}

for (const [how, end] of [
  ['SIGTERM', (demo: Command) => demo.child.kill('SIGTERM')],
  ['SIGHUP, for the terminal has gone,', (demo: Command) => demo.child.kill('SIGHUP')],
  [
    'Ctrl-C, passed on by npm as well,',
    (demo: Command) => {
      demo.ctrlC()
      demo.ctrlC()
    },
  ],
] as const) {
  t.test(`npm start: ${how} lets the gate finish, and ends the API behind it`, async (t) => {
    const { command, apiPort, slow } = await startDemo(t)
    end(command)
    await command.told(/"draining"/)
    await fetch(`http://127.0.0.1:${apiPort}/release`)
    t.equal(await (await slow).text(), 'slow')
    t.equal(await command.allEnded, 0)
    t.match(command.text, '"drained"')
    t.notMatch(command.text, 'ended at once')
  })
}

t.test('npm start: a second signal ends all at once', async (t) => {
  const { command, slow } = await startDemo(t)
  command.ctrlC()
  await command.told(/"draining"/)
  command.child.kill('SIGTERM')
  t.equal(await command.allEnded, 143)
  await t.rejects(slow)
})

t.test('npm start: without its API the gate ends, too', async (t) => {
  const { command, api, slow } = await startDemo(t)
  process.kill(api, 'SIGKILL')
  t.equal((await slow).status, 502)
  t.equal(await command.allEnded, 137)
  t.match(command.text, '"drained"')
})

t.test('npm start: when it is killed, neither the gate nor the API outlives it', async (t) => {
  const { command, slow } = await startDemo(t)
  command.child.kill('SIGKILL')
  await t.resolves(command.allEnded)
  t.equal((await slow).status, 502)
  t.match(command.text, '"drained"')
})
