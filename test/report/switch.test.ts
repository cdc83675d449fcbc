import { writeFileSync } from 'node:fs'
import t from 'tap'
import { startGate } from '../cli/gate-process.ts'

const REPLACED = 'auth: none'

t.test('one line at the top turns enforcement off with the next reload, and on again', async (t) => {
  const { gate, file, url, ops, policy } = await startGate(t)
  const enforced = policy().replace(REPLACED, 'auth: key')
  t.not(enforced, policy(), 'the policy asks for a key now')
  const statusAfter = async (text: string, reloads: number): Promise<number> => {
    writeFileSync(file, text)
    await gate.logged('policy reloaded', reloads)
    return (await fetch(`${url}/any`)).status
  }
  t.equal(await statusAfter(enforced, 1), 401)
  t.equal(await statusAfter(`${enforced}\nmode: report\n`, 2), 200)
  t.equal(await statusAfter(enforced, 3), 401)
  const metrics = await (await fetch(`${ops}/metrics`)).text()
  t.match(metrics, /^sallyport_reported_total\{route="all",code="key_missing"\} 1$/m)
  gate.child.kill('SIGTERM')
  t.equal(await gate.ended, 0)
  t.match(
    gate.audit.map(({ outcome, reported }) => [outcome, reported]),
    [
      ['refuse', undefined],
      ['forward', ['key_missing']],
      ['refuse', undefined],
    ],
  )
})
