import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Entrant, enter, type Requests } from './arena.ts'
import { sallyport, sizedSallyport } from './contenders/sallyport.ts'
import { demoKey } from './demo-key.ts'
import { measure, measureRounds } from './measure.ts'
import { type PolicySize, sizedPath } from './policy.ts'
import { progress, runAloneInArena } from './program.ts'
import { type Finding, skippedPart } from './result.ts'
import { type Bar, ratio, rowOf, spread } from './stats.ts'
import { requestBytes } from './workload.ts'

const small: PolicySize = { keys: 10, routes: 5 }
const large: PolicySize = { keys: 100_000, routes: 1000 }
const rounds = 4
const seconds = 3
/** Routes and keys that the driver goes through, spread over all there are. */
const maxDistinct = 1000

/** Before the idle memory is read. */
const restMs = 2000
const loadSeconds = 5
const memoryEveryMs = 250
const maxIdleMb = 120
const maxLoadMb = 180
/** Ten per cent. */
const maxGrowth = 1.1

/** Whether 100,000 keys and 1,000 routes cost more per request than ten and five, and what memory is used. */
export async function measureScale(arena: Arena): Promise<Finding> {
  const why = sallyport.unavailable()
  if (why !== null) return skippedPart('scale', why, 'absent')
  const few = await enter(arena, sizedSallyport('small', small), requestsFor(small), sizedPath(0))
  try {
    const memory = await measureMemory(few)
    const growth = await measureGrowth(arena, few)
    return { ...growth, bars: [...growth.bars, ...memory] }
  } finally {
    await few.stop()
  }
}

async function measureGrowth(arena: Arena, few: Entrant): Promise<Finding> {
  progress(`starting with ${large.keys} keys and ${large.routes} routes`)
  const many = await enter(arena, sizedSallyport('large', large), requestsFor(large), sizedPath(0))
  try {
    const samples = await measureRounds([few, many], rounds, seconds, progress)
    const value = ratio(samples, 'large', 'small')
    const name = 'many keys and routes / few'
    return {
      rows: [few, many].map(({ contender }) => rowOf(contender.id, contender.title, samples)),
      bars: [{ name, value, max: maxGrowth, unit: '×', kind: 'bar' }],
      notes: [few, many].map(readyNote),
      skipped: [],
    }
  } finally {
    await many.stop()
  }
}

function readyNote({ contender, readyMs }: Entrant): string {
  return `${contender.title}: ready ${Math.round(readyMs)} ms after the start`
}

/** Each request with another key and another route. */
function requestsFor({ keys, routes }: PolicySize): Requests {
  const count = Math.min(maxDistinct, Math.max(keys, routes))
  return (port) =>
    Array.from({ length: count }, (_, i) => {
      const key = demoKey(Math.floor((i * keys) / count))
      return requestBytes(port, sizedPath(i % routes), key.text)
    })
}

async function measureMemory(entrant: Entrant): Promise<Bar[]> {
  await sleep(restMs)
  const idle = await rssMb(entrant)
  const load = await underLoad(entrant)
  progress(`memory      idle ${idle.toFixed(0)} MB, under load at most ${Math.max(...load).toFixed(0)} MB`)
  return [
    { name: 'memory, idle', value: spread([idle]), max: maxIdleMb, unit: 'MB', kind: 'bar' },
    {
      name: 'memory, most under load',
      value: spread([Math.max(...load)]),
      max: maxLoadMb,
      unit: 'MB',
      kind: 'bar',
    },
  ]
}

async function underLoad(entrant: Entrant): Promise<number[]> {
  const readings: number[] = []
  const timer = setInterval(() => void rssMb(entrant).then((mb) => readings.push(mb)), memoryEveryMs)
  try {
    const { rssMb: atTheEnd } = await measure(entrant, -1, loadSeconds)
    return [...readings, atTheEnd]
  } finally {
    clearInterval(timer)
  }
}

async function rssMb({ meter }: Entrant): Promise<number> {
  return (await meter()).rssBytes / 1_000_000
}

if (import.meta.main) await runAloneInArena('scale', measureScale)
