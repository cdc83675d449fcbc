import { createReadStream, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Entrant } from './arena.ts'
import { Driver } from './driver.ts'
import { bodyBytes, connections } from './workload.ts'

/** One measurement of one contender. */
export interface Sample {
  readonly id: string
  readonly round: number
  readonly cpuMicros: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
  readonly requests: number
  readonly failures: number
}

/** Connections are opened and settle this long before a window begins. */
const settleMs = 300
/** A gate runs for weeks: the seconds until its code is compiled are no part of what a request costs. */
const warmUpSeconds = 6
const logWaitMs = 3000
const logPollMs = 250

/** Drives one contender for a window and says what each request has cost it. */
export async function measure(entrant: Entrant, round: number, seconds: number): Promise<Sample> {
  const { requests, setting, meter, contender } = entrant
  const driver = new Driver({ port: setting.port, connections, requests, bodyBytes })
  driver.start()
  try {
    await sleep(settleMs)
    const before = await meter()
    driver.reset()
    await sleep(seconds * 1000)
    const tally = driver.tally()
    const after = await meter()
    return {
      id: contender.id,
      round,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / tally.requests,
      requestsPerSecond: (tally.requests * 1000) / tally.elapsedMs,
      p50Ms: tally.p50Ms,
      p99Ms: tally.p99Ms,
      rssMb: after.rssBytes / 1_000_000,
      requests: tally.requests,
      failures: tally.failures,
    }
  } finally {
    await driver.stop()
  }
}

/**
 * Every contender once per round, in another order each round: the list is rotated, and turned round in every
 * second round, so that none always follows the same neighbour.
 */
export function roundOrder<T>(list: readonly T[], round: number): T[] {
  const shift = list.length === 0 ? 0 : round % list.length
  const rotated = [...list.slice(shift), ...list.slice(0, shift)]
  return round % 2 === 1 ? rotated.reverse() : rotated
}

/** Lets the JIT see the request path before anything counts. */
async function warmUp(entrant: Entrant, say: (line: string) => void): Promise<void> {
  say(`warming up  ${entrant.contender.id}`)
  await measure(entrant, -1, warmUpSeconds)
}

/**
 * Interleaved rounds: A B C, then C B A …
 *
 * @param say one line of progress at a time
 */
export async function measureRounds(
  entrants: readonly Entrant[],
  rounds: number,
  seconds: number,
  say: (line: string) => void,
): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const entrant of entrants) await warmUp(entrant, say)
  for (let round = 0; round < rounds; round++) {
    for (const entrant of roundOrder(entrants, round)) {
      const sample = await measure(entrant, round, seconds)
      await checkLog(entrant, sample.requests)
      samples.push(sample)
      say(`round ${round + 1}/${rounds}  ${entrant.contender.id.padEnd(14)} ${describe(sample)}`)
    }
  }
  return samples
}

function describe(sample: Sample): string {
  const failures = sample.failures > 0 ? `  ${sample.failures} FAILED` : ''
  return `${sample.cpuMicros.toFixed(1)} µs/request, ${Math.round(sample.requestsPerSecond)} requests/s${failures}`
}

/**
 * A contender that is timed with a log has to write it, if only a little after the reply; it is emptied
 * afterwards, so that a long run does not fill the disk.
 *
 * @throws Error when lines are missing
 */
async function checkLog({ contender, setting }: Entrant, requests: number): Promise<void> {
  if (contender.requestLog === null) return
  const path = `${setting.dir}/${contender.requestLog}`
  let lines = await countLines(path)
  for (let waitedMs = 0; lines < requests && waitedMs < logWaitMs; waitedMs += logPollMs) {
    await sleep(logPollMs)
    lines = await countLines(path)
  }
  if (lines < requests) throw new Error(`${contender.id} wrote ${lines} log lines for ${requests} requests`)
  truncateSync(path)
}

async function countLines(path: string): Promise<number> {
  let lines = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
  }
  return lines
}
