import t from 'tap'
import { type MemoryUse, memoryBound, Overload } from '../../src/runtime/overload.ts'

const MB = 1024 * 1024
const MAX = 200 * MB

interface Scene {
  readonly overload: Overload
  readonly states: string[]
  /** Megabytes taken, and of these in use by the heap. */
  readonly use: (rss: number, heapUsed: number) => void
  /** Megabytes that the collector finds. */
  garbage: number
}

/** A process that takes 100 MB at the start, 60 of them no heap. */
function scene(maxBytes: number | null = MAX): Scene {
  let memory: MemoryUse = { rss: 100 * MB, heapTotal: 40 * MB, heapUsed: 30 * MB, external: 0 }
  const states: string[] = []
  const overload = new Overload({
    maxBytes,
    memory: () => memory,
    collect: () => {
      memory = { ...memory, heapUsed: memory.heapUsed - made.garbage * MB }
    },
    onChange: (pressure) => states.push(pressure),
  })
  const made: Scene = {
    overload,
    states,
    use: (rss, heapUsed) => {
      memory = { rss: rss * MB, heapTotal: 40 * MB, heapUsed: heapUsed * MB, external: 0 }
      overload.sample()
    },
    garbage: 0,
  }
  return made
}

t.test('below 85 % nothing is shed, from 85 % on keep-alive is, from 95 % on requests are', async (t) => {
  const { overload, use, states } = scene()
  for (const [rss, wanted] of [
    [169, 'ok'],
    [170, 'shed_keepalive'],
    [189, 'shed_keepalive'],
    [190, 'refuse'],
    [170, 'shed_keepalive'],
    [100, 'ok'],
  ] as const) {
    use(rss, 120)
    t.equal(overload.pressure, wanted, `${rss} MB of 200`)
  }
  t.strictSame(states, ['shed_keepalive', 'refuse', 'shed_keepalive', 'ok'], 'each change is told once')
})

t.test('memory that the allocator keeps for the next request is no reason to refuse it', async (t) => {
  const { overload, use } = scene()
  use(199, 79)
  t.equal(overload.pressure, 'ok')
  use(199, 80)
  t.equal(overload.pressure, 'refuse')
})

t.test('garbage is collected before anybody is refused for it', async (t) => {
  const made = scene()
  made.garbage = 60
  made.use(199, 130)
  t.equal(made.overload.pressure, 'ok')
  t.strictSame(made.states, [])
})

t.test('without a bound nothing is ever refused', async (t) => {
  const { overload, use } = scene(null)
  overload.start()
  use(100_000, 90_000)
  t.equal(overload.pressure, 'ok')
})

t.test('`auto` takes the limit of a container, and none where there is no container', async (t) => {
  const machine = 8000 * MB
  t.equal(memoryBound('auto', 256 * MB, machine), 256 * MB)
  t.equal(memoryBound('auto', 0, machine), null, 'unknown')
  t.equal(memoryBound('auto', 2 ** 64, machine), null, 'no limit')
  t.equal(memoryBound('auto', machine, machine), null, 'all there is')
  t.equal(memoryBound('off', 256 * MB, machine), null)
  t.equal(memoryBound(300 * MB, 256 * MB, machine), 300 * MB)
})

t.test('it looks by itself once started, and at real memory', async (t) => {
  const seen = await new Promise<string>((resolve) => {
    const hoard: Buffer[] = []
    const overload = new Overload({
      maxBytes: process.memoryUsage.rss() + 20 * MB,
      onChange: (pressure) => {
        overload.stop()
        resolve(`${pressure} ${hoard.length}`)
      },
    })
    overload.start()
    const keep = setInterval(() => {}, 1000)
    t.teardown(() => clearInterval(keep))
    hoard.push(Buffer.alloc(60 * MB, 1))
  })
  t.equal(seen, 'refuse 1')
})
