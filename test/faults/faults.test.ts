import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { noRedis } from '../support/redis.ts'
import { runFaults } from './faults.ts'

const skip = noRedis()
const PROGRAM = fileURLToPath(new URL('./run.ts', import.meta.url))
const execute = promisify(execFile)

/** Faults come faster than by command, so that a short run has one of each. */
const SHORT = { seed: 3, minutes: 0.2, pace: { leastMs: 1500, mostMs: 2500 } }

t.test('V96 Redis breaks again and again under load: what is declared holds', { skip }, async (t) => {
  const result = await runFaults({ ...SHORT, progress: (text) => t.comment(text) })
  t.strictSame(result.found, [])
  t.ok(
    Object.values(result.faults).every((count) => count >= 1),
    'one of each kind',
  )
  t.ok(result.givenUp >= 1, 'Redis was missed')
  for (const [name, { statuses }] of Object.entries(result.routes)) {
    t.ok((statuses[200] ?? 0) > 0 && (statuses[429] ?? 0) > 0, `${name}: some pass and some do not`)
  }
  t.ok((result.routes.deny?.statuses[503] ?? 0) > 0, 'deny says so meanwhile')
})

t.test('the command tells how it is used', async (t) => {
  const { stdout } = await execute(process.execPath, [PROGRAM, '--help'])
  t.match(stdout, /npm run faults -- --minutes 2 --seed 7/)
  const misused = await execute(process.execPath, [PROGRAM, '--minutes', 'x']).catch((error) => error)
  t.match(misused, { code: 2, stdout: '', stderr: /--minutes takes a number from 0.1 to 120/ })
})
