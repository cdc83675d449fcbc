import { join } from 'node:path'
import t from 'tap'
import { auditLines } from '../../src/replay/read.ts'
import { replay } from '../../src/replay/replay.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { limitTraffic, randomTraffic, sendAll, startApi } from './traffic.ts'
import { FILES, KEYS, policyFor } from './traffic-policy.ts'

const COUNT = Number(process.env.SALLYPORT_REPLAY_REQUESTS ?? 1500)
const SEED = Number(process.env.SALLYPORT_REPLAY_SEED ?? Date.now() % 1_000_000_007)
const AT_ONCE = 24

t.test('live and offline agree: what the process decided is decided again from its audit file', async (t) => {
  t.comment(`${COUNT} requests, seed ${SEED}`)
  const dir = t.testdir()
  const file = join(dir, 'audit.jsonl')
  const origin = await startApi(t)
  const gate = await startSallyport(t, policyFor(origin, file), { dir, files: FILES })
  await sendAll([...randomTraffic(COUNT, SEED), ...limitTraffic()], gate.port, AT_ONCE)
  await pipeline(gate)
  await gate.stop()
  const { compiled, errors } = loadPolicy(gate.file, {}, Date.now())
  if (compiled === null) throw new Error(errors.join('\n'))
  const codes = new Set<string | null>()
  async function* lines() {
    for await (const read of auditLines(file, process.stdin)) {
      if (read.kind === 'request') codes.add(read.line.code)
      yield read
    }
  }
  const result = await replay(lines(), compiled)
  t.strictSame(result.groups, [], 'no decision differs')
  t.equal(result.changed, 0)
  t.ok(result.lines.requests >= COUNT * 0.95, `${result.lines.requests} lines`)
  t.ok(result.compared >= COUNT * 0.7, `${result.compared} compared: ${JSON.stringify(result.not_compared)}`)
  t.strictSame(
    CODES_SEEN.filter((code) => !codes.has(code)),
    [],
    'every kind of refusal was among them',
  )
})

/** More than a connection may have under way: the last of them wait for their turn, and are judged then. */
async function pipeline(gate: Sallyport): Promise<void> {
  const client = gate.client()
  const head = `GET /slow HTTP/1.1\r\nHost: api.example.com\r\nX-Api-Key: ${KEYS[1]?.text}\r\n\r\n`
  client.send(head.repeat(PIPELINED))
  for (let i = 0; i < PIPELINED; i++) await client.reply()
}

const PIPELINED = 30

const CODES_SEEN: readonly string[] = [
  'rate_limited',
  'quota_exhausted',
  'cooldown',
  'concurrency_exceeded',
  'key_missing',
  'key_invalid',
  'key_expired',
  'key_revoked',
  'key_route_refused',
  'credential_ambiguous',
  'scope_missing',
  'address_refused',
  'origin_refused',
  'body_too_large',
  'body_invalid',
  'media_type_refused',
  'query_invalid',
  'no_route',
  'host_unknown',
  'path_refused',
  'upgrade_refused',
]
