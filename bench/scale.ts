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
/** Routes and keys that are asked for in turn where many are: more than the processor's caches hold. */
const manyInTurn = 1000

/** Before the idle memory is read. */
const restMs = 2000
const loadSeconds = 5
const memoryEveryMs = 250
const maxIdleMb = 120
const maxLoadMb = 180
/** Ten per cent. */
const maxGrowth = 1.1

/**
 * Whether a request costs more with 100,000 keys and 1,000 routes in the policy than with ten and five, asked by as many
 * keys for as many routes; what it costs when a thousand of each are asked for in turn, which finds the caches of the
 * processor cold in any policy; and what memory is used.
 */
export async function measureScale(arena: Arena): Promise<Finding> {
  const why = sallyport.unavailable()
  if (why !== null) return skippedPart('scale', why, 'absent')
  const few = await enter(arena, sizedSallyport('small', small), fewRequests(small), sizedPath(0))
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
  const many = await enter(arena, sizedSallyport('large', large), fewRequests(large), sizedPath(0))
  const inTurn = asking(many, 'in-turn', `${many.contender.title}, ${manyInTurn} of each in turn`)
  const entrants = [few, many, inTurn]
  try {
    const samples = await measureRounds(entrants, rounds, seconds, progress)
    const size = ratio(samples, 'large', 'small')
    const turn = ratio(samples, 'in-turn', 'small')
    return {
      rows: entrants.map(({ contender }) => rowOf(contender.id, contender.title, samples)),
      bars: [
        { name: 'many keys and routes / few', value: size, max: maxGrowth, unit: '×', kind: 'bar' },
        { name: 'many, asked for in turn / few', value: turn, max: maxGrowth, unit: '×', kind: 'aim' },
      ],
      notes: [few, many].map(readyNote),
      skipped: [],
    }
  } finally {
    await many.stop()
  }
}

/** The same process, asked by many keys for many routes. */
function asking(entrant: Entrant, id: string, title: string): Entrant {
  const requests = inTurnRequests(large)(entrant.setting.port)
  return { ...entrant, contender: { ...entrant.contender, id, title }, requests }
}

function readyNote({ contender, readyMs }: Entrant): string {
  return `${contender.title}: ready ${Math.round(readyMs)} ms after the start`
}

/** As many keys and routes as the small policy has, spread over all there are. */
function fewRequests(size: PolicySize): Requests {
  return requestsFor(size, small)
}

/** Each request with another key and another route. */
function inTurnRequests(size: PolicySize): Requests {
  return requestsFor(size, { keys: manyInTurn, routes: manyInTurn })
}

function requestsFor({ keys, routes }: PolicySize, asked: PolicySize): Requests {
  return (port) =>
    Array.from({ length: Math.max(asked.keys, asked.routes) }, (_, i) => {
      const key = demoKey(Math.floor(((i % asked.keys) * keys) / asked.keys))
      const route = Math.floor(((i % asked.routes) * routes) / asked.routes)
      return requestBytes(port, sizedPath(route), key.text)
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
