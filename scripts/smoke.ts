/**
 * Starts what the README tells a newcomer to start, waits until it is ready, and runs the curl lines it prints:
 * one without the demo key must be 401, one with it 200. The last line is `# smoke: N passed, N failed`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const PORTS = [3000, 8080, 9901]
const READY = 'http://127.0.0.1:9901/health/ready'
const READY_MS = 30_000
const STOP_MS = 15_000
/** The demo's last line. */
const LAST_TRY = /Ctrl-C ends it/
const LOOK_MS = 200
const MAX_LOOKS = 75
const KEY = /\bsp_[a-z]+_[0-9A-Za-z]{38}\b/

type Result = { readonly name: string; readonly passed: boolean }

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 })
    const end = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(true))
  })
}

const statusOf = (url: string): Promise<number> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (reply) => reply.status,
    () => 0,
  )

async function becomesReady(child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + READY_MS
  while (Date.now() < deadline && child.exitCode === null) {
    if ((await statusOf(READY)) === 200) return true
    await wait(200)
  }
  return false
}

/** Runs a printed line as it stands, but for what it does with the body. */
function statusOfCurl(line: string): Promise<string> {
  const command = `${line.replace(/\s+#.*$/, '')} -s -o /dev/null --max-time 10 -w ' %{http_code}'`
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { timeout: 20_000 }, (_error, stdout) => {
      resolve(stdout.trim().split(/\s+/).at(-1) ?? '')
    })
  })
}

async function tryCurls(output: string): Promise<Result[]> {
  const key = KEY.exec(output)?.[0]
  const lines = output.split('\n').flatMap((line) => /^\s*(?:\$\s*)?(curl .+?)\s*$/.exec(line)?.[1] ?? [])
  if (key === undefined || lines.length === 0)
    return [{ name: 'prints a demo key and curl lines', passed: false }]
  const seen: { line: string; status: string; withKey: boolean }[] = []
  for (const line of lines) {
    seen.push({ line, status: await statusOfCurl(line), withKey: line.includes(key) })
  }
  for (const { line, status } of seen) console.log(`${status}  ${line.replaceAll(key, 'sp_…')}`)
  return [
    { name: '401 without a key', passed: seen.some((one) => !one.withKey && one.status === '401') },
    { name: '200 with the demo key', passed: seen.some((one) => one.withKey && one.status === '200') },
    { name: 'every printed line is answered', passed: seen.every((one) => /^[2-5]\d\d$/.test(one.status)) },
  ]
}

/** Signals the whole group: npm, its shell, and what they started. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return
  process.kill(-child.pid, name)
}

async function stop(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return false
  const ended = once(child, 'close').then(() => true)
  signal(child, 'SIGTERM')
  const inTime = await Promise.race([ended, wait(STOP_MS, false, { ref: false })])
  if (!inTime) signal(child, 'SIGKILL')
  return inTime
}

async function smoke(): Promise<Result[]> {
  const taken = (await Promise.all(PORTS.map(isTaken)))
    .map((is, index) => (is ? PORTS[index] : 0))
    .filter(Boolean)
  if (taken.length > 0) return [{ name: `ports ${taken.join(', ')} are free`, passed: false }]
  const child = spawn('npm', ['start'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(0, 1_000_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ready = await becomesReady(child)
  // The gate can be ready before the demo has looked, and has told what to try.
  for (let tries = 0; ready && !LAST_TRY.test(output) && tries < MAX_LOOKS; tries++) await wait(LOOK_MS)
  const results = ready ? await tryCurls(output) : []
  if (results.some(({ passed }) => !passed) || !ready)
    console.log(output.replace(new RegExp(KEY, 'g'), 'sp_…'))
  return [
    { name: 'npm start is ready', passed: ready },
    ...results,
    { name: 'it stops', passed: await stop(child) },
  ]
}

const results = await smoke()
for (const { name, passed } of results) console.log(`${passed ? 'ok' : 'not ok'} - ${name}`)
const failed = results.filter(({ passed }) => !passed).length
console.log(`# smoke: ${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
