import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import type { AuditRecord } from '../../src/core/audit.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { auditLines } from '../../src/replay/read.ts'
import { replay } from '../../src/replay/replay.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'
import { FILES, KEYS, policyFor } from './traffic-policy.ts'

/** `SALLYPORT_REPLAY_RECORDS=1000000` measures what the documents claim. */
const COUNT = Number(process.env.SALLYPORT_REPLAY_RECORDS ?? 80_000)
const SAMPLES = 4
/** Far less than the lines between two samples. */
const MAX_GROWTH_BYTES = 6 * 2 ** 20
const LINES_AT_ONCE = 1000

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function usedBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

function writeRecords(file: string, count: number): void {
  const descriptor = openSync(file, 'w')
  for (let from = 0; from < count; from += LINES_AT_ONCE) {
    const length = Math.min(LINES_AT_ONCE, count - from)
    writeSync(descriptor, Array.from({ length }, (_, i) => auditLine(recordAt(from + swapped(i)))).join(''))
  }
  closeSync(descriptor)
}
const ROUTES = [
  ['orders', '/orders/7'],
  ['open', '/open/a'],
  ['mixed', '/mixed'],
  ['slow', '/slow'],
] as const

/** Requests end in another order than they were decided in. */
const swapped = (i: number): number => i ^ 7

/** A thousand a second, from a few keys and ten thousand addresses. */
function recordAt(i: number): AuditRecord {
  const [route, path] = ROUTES[i % ROUTES.length] as (typeof ROUTES)[number]
  const id = KEYS[(i >> 2) % KEYS.length]?.id ?? ''
  const isOpen = route === 'open'
  return {
    ...forwarded,
    id: i.toString(16).padStart(32, '0'),
    atMs: forwarded.atMs + i,
    route,
    path,
    client: `10.1.${(i >> 8) % 40}.${i & 255}`,
    principal: isOpen ? ANONYMOUS : { kind: 'key', subject: id, org: '', keyId: id, authenticator: 'key' },
    basis: { ...BASIS, seq: i + 1, during: 3, peer: '127.0.0.1' },
  }
}

// A million takes longer than a test may by itself.
t.setTimeout(300_000)

t.test('a file of any length is replayed in the same memory', async (t) => {
  const dir = t.testdir({ ...FILES, 'policy.yaml': policyFor('http://127.0.0.1:1', 'unused.jsonl') })
  const file = join(dir, 'audit.jsonl')
  writeRecords(file, COUNT)
  const { compiled } = loadPolicy(join(dir, 'policy.yaml'), {}, Date.now())
  if (compiled === null) throw new Error('the policy is refused')
  const heaps: number[] = []
  const onProgress = (lines: number): void => {
    if (lines % (COUNT / SAMPLES) === 0) heaps.push(usedBytes())
  }
  const startedAt = performance.now()
  const result = await replay(auditLines(file, process.stdin), compiled, { onProgress })
  const seconds = (performance.now() - startedAt) / 1000
  const megabytes = heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1))
  t.comment(`${COUNT} records in ${seconds.toFixed(1)} s; heap in MB: ${megabytes.join(', ')}`)
  t.match(result.lines, { requests: COUNT, broken: 0, late: 0 })
  t.equal(result.compared, COUNT)
  t.ok(result.changed > 0)
  t.equal(heaps.length, SAMPLES)
  t.ok((heaps.at(-1) ?? 0) - (heaps[0] ?? 0) < MAX_GROWTH_BYTES, 'the last lines take no more than the first')
})
