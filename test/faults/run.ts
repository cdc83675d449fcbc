import { randomInt } from 'node:crypto'
import { noRedis } from '../support/redis.ts'
import { runMain } from '../support/run-main.ts'
import { type Result, runFaults } from './faults.ts'
import { HELP, readOptions } from './options.ts'

const MAX_SEED = 1_000_000_000

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), randomInt(MAX_SEED))
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const reason = noRedis()
  if (reason !== false)
    throw new Error(`${reason}: install it, for example with apt-get install redis-server`)
  tell(`seed ${options.seed}, ${options.minutes} minutes`)
  const result = await runFaults({ ...options, progress: tell })
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : report(result))
  return result.found.length === 0 ? 0 : 1
}

function tell(text: string): void {
  process.stderr.write(`faults: ${text}\n`)
}

function report({ seed, seconds, faults, routes, found, ...result }: Result): string {
  const lines = Object.entries(routes).map(([name, { statuses, fullest, ...took }]) => {
    const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`)
    const times = `median ${took.medianMs} ms, 99 % ${took.p99Ms} ms, longest ${took.longestMs} ms`
    return `${name}: ${counts.join(', ')}; fullest window ${fullest.passed} of ${fullest.most}; ${times}\n`
  })
  const count = Object.values(faults).reduce((sum, one) => sum + one)
  const kinds = Object.entries(faults).map(([kind, times]) => `${times} × ${kind}`)
  const verdict = found.length === 0 ? 'nothing found' : `${found.length} found`
  return `${lines.join('')}${found.map((what) => `FOUND ${what}\n`).join('')}seed ${seed}: ${count} faults (${kinds.join(', ')}) in ${seconds} s, given up ${result.givenUp} times, healed within ${result.longestHealMs} ms, memory at most ${result.peakMb} MB, driver paused for at most ${result.longestPauseMs} ms, ${result.unsent} requests left out: ${verdict}
`
}

await runMain(main, HELP)
