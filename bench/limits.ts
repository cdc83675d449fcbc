import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type Arena, type Entrant, enter } from './arena.ts'
import { type Contender, nodeCommand } from './contenders/contender.ts'
import { countingSallyport, sallyport } from './contenders/sallyport.ts'
import { freePort, pinned } from './machine.ts'
import { measureRounds } from './measure.ts'
import { progress, runAloneInArena } from './program.ts'
import { type Finding, skippedPart } from './result.ts'
import { type Bar, ratio, rowOf } from './stats.ts'

const rounds = 4
const seconds = 2

/** What it costs to share limits through Redis, exactly and by leases, beside @fastify/rate-limit with its Redis store. */
export async function measureLimits(arena: Arena): Promise<Finding> {
  const why = sallyport.unavailable() ?? noRedis()
  if (why !== null) return skippedPart('limits', why, 'absent')
  const redisPort = await freePort()
  const redis = startRedis(redisPort, arena.pinning.driverCpu)
  const entrants: Entrant[] = []
  try {
    for (const contender of contendersOn(redisPort)) entrants.push(await enter(arena, contender))
    const samples = await measureRounds(entrants, rounds, seconds, progress)
    const bar = (name: string, id: string, against: string, max: number): Bar => {
      return { name, value: ratio(samples, id, against), max, unit: '×', kind: 'bar' }
    }
    return {
      rows: entrants.map(({ contender: { id, title } }) => rowOf(id, title, samples)),
      bars: [
        bar('limits in Redis, exact / rate-limit, one window', 'exact-1', 'rate-limit-1', 1),
        bar('limits in Redis, exact / rate-limit, three windows', 'exact-3', 'rate-limit-3', 1),
        bar('limits leased from Redis / in memory', 'leased', 'memory', 1.1),
      ],
      notes: [],
      skipped: [],
    }
  } finally {
    for (const entrant of entrants) await entrant.stop()
    redis.kill('SIGKILL')
    await once(redis, 'exit')
  }
}

function contendersOn(redisPort: number): Contender[] {
  const one = { windows: 1, redisPort, accuracy: 'exact' } as const
  return [
    countingSallyport('memory', 'limits: in memory, one window', { ...one, redisPort: null }),
    countingSallyport('exact-1', 'limits: in Redis, exact, one window', one),
    countingSallyport('exact-3', 'limits: in Redis, exact, three windows', { ...one, windows: 3 }),
    countingSallyport('leased', 'limits: leased from Redis, one window', { ...one, accuracy: 'leased' }),
    rateLimitPlugin(redisPort, 1),
    rateLimitPlugin(redisPort, 3),
  ]
}

function rateLimitPlugin(redisPort: number, windows: number): Contender {
  return {
    id: `rate-limit-${windows}`,
    title: `@fastify/rate-limit on Redis, ${windows === 1 ? 'one window' : 'three windows'}, and http-proxy`,
    needsKey: false,
    mustSend: ['x-ratelimit-limit'],
    requestLog: null,
    unavailable: () => null,
    command: (setting) => nodeCommand('./rate-limit-redis.ts', { ...setting, redisPort, windows }),
  }
}

function noRedis(): string | null {
  return spawnSync('redis-server', ['--version']).status === 0 ? null : 'redis-server is not installed'
}

/** Beside the driver, so that only what the gate itself spends is counted. */
function startRedis(port: number, cpu: number | null) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const [file, list] = pinned(cpu, 'redis-server', args)
  return spawn(file, list, { stdio: 'ignore' })
}

if (import.meta.main) await runAloneInArena('limits', measureLimits)
