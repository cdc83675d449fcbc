/**
 * The demo of `npm start`: an API of somebody else's (json-server, unmodified) on 127.0.0.1:3000, Sallyport in front
 * of it on port 8080 with config/policy.yaml, a key made for this run only, and lines to try.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hashKey, newKey } from '../src/policies/key/format.ts'
import { endTogether, startChild } from './demo/end-together.ts'

const GATE = 'http://127.0.0.1:8080'
const READY = 'http://127.0.0.1:9901/health/ready'
const API_PORT = 3000
const PORTS = { 'the demo API': API_PORT, Sallyport: 8080, 'its health probes': 9901 }
const READY_WITHIN_MS = 20_000
const root = fileURLToPath(new URL('..', import.meta.url))

async function main(): Promise<number> {
  const taken = await takenPorts()
  if (taken.length > 0) {
    console.error(`Cannot start, in use already: ${taken.join(', ')}. Stop what listens there and try again.`)
    return 1
  }
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-'))
  const key = newKey(randomBytes)
  const ending = endTogether(startGate(hashKey(key)), startApi(folder))
  let isOver = false
  void ending.then(() => {
    isOver = true
  })
  if (await becomesReady(() => isOver)) printTries(key)
  const code = await ending
  rmSync(folder, { recursive: true, force: true })
  return code
}

/** json-server writes what is posted to it into its file, so it gets a copy. */
function startApi(folder: string): ChildProcess {
  const data = join(folder, 'data.json')
  cpSync(join(root, 'scripts', 'demo', 'data.json'), data)
  const cli = join(
    dirname(createRequire(import.meta.url).resolve('json-server/package.json')),
    'lib/cli/bin.js',
  )
  const args = [cli, data, '--host', '127.0.0.1', '--port', String(API_PORT), '--quiet']
  return startChild(args, ['ignore', 'ignore', 'inherit'])
}

function startGate(keyHash: string): ChildProcess {
  const env = { ...process.env, SALLYPORT_DEMO_KEY_HASH: `sha256:${keyHash}` }
  const args = [join(root, 'bin', 'sallyport.js'), 'serve', '--policy', join(root, 'config', 'policy.yaml')]
  return startChild(args, ['ignore', 'inherit', 'inherit'], env)
}

async function takenPorts(): Promise<string[]> {
  const checks = Object.entries(PORTS).map(async ([what, port]) =>
    (await isTaken(port)) ? [`port ${port} (${what})`] : [],
  )
  return (await Promise.all(checks)).flat()
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

async function becomesReady(isOver: () => boolean): Promise<boolean> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline && !isOver()) {
    const urls = [READY, `http://127.0.0.1:${API_PORT}/posts`]
    const answers = await Promise.all(
      urls.map((url) =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    )
    if (answers.every(Boolean)) return true
    await wait(100)
  }
  return false
}

function printTries(key: string): void {
  const withKey = `-H 'x-api-key: ${key}'`
  console.error(`
Sallyport is on ${GATE}, in front of an API on port ${API_PORT} that knows nothing of it.
The key of this run: ${key}
Try, in another terminal:

  curl -i ${GATE}/posts                                # 401: no key
  curl -i ${withKey} ${GATE}/posts      # 200, with the limit in the headers
  curl -i ${withKey} ${GATE}/profile    # 403: not a route of this key
  curl -i ${withKey} ${GATE}/db         # 404: the API has it, the policy does not
  curl -s -o /dev/null -w '%{http_code}\\n' ${withKey} '${GATE}/posts?try=[1-6]'    # 429 in the end

Edit config/policy.yaml while it runs. Ctrl-C ends it.
`)
}

process.exitCode = await main()
