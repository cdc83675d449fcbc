import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { run } from '../../src/cli/wire.ts'
import { type Gate, GateProcess, startGate } from '../cli/gate-process.ts'
import { GOOD, JSON_POST, reference, TOKEN } from './scene.ts'

process.env.GATE_TEST_ADMIN_TOKEN = TOKEN
const admin = (listen = '127.0.0.1:0') =>
  `drain: { delay: 0s, grace: 5s }\nadmin: { listen: "${listen}", token: ${reference('GATE_TEST_ADMIN_TOKEN')} }`

const told = (line: object): Record<string, unknown> => ({ ...line })

async function adminOf({ gate }: Gate): Promise<string> {
  return `http://${told(await gate.logged('serving')).admin}`
}

t.test('the gate serves its admin API, reloads by it, audits it and closes it', async (t) => {
  const started = await startGate(t, admin())
  const { gate, file, policy } = started
  const url = await adminOf(started)
  t.match(await (await fetch(`${url}/health`, { headers: GOOD })).json(), { status: 'ok', ready: true })
  t.match(await (await fetch(`${url}/circuits`, { headers: GOOD })).json(), {
    circuits: [{ name: 'api', state: 'closed', opened_at: null }],
  })
  writeFileSync(file, policy('# changed'))
  const reply = await fetch(`${url}/policy/reload`, JSON_POST)
  t.equal(reply.status, 200)
  const { hash } = (await reply.json()) as { hash: string }
  t.match(await (await fetch(`${url}/policy`, { headers: GOOD })).json(), { hash, routes: [{ id: 'all' }] })
  gate.child.kill('SIGTERM')
  t.equal(await gate.ended, 0)
  t.match(
    gate.audit.filter(({ type }) => type === 'admin'),
    [{ type: 'admin', address: '127.0.0.1', action: 'policy.reload', good: true, after: hash }],
  )
  t.notOk(JSON.stringify([gate.audit, gate.log]).includes(TOKEN))
})

t.test('V104 admin paths do not exist on the data port and the ops port', async (t) => {
  const settings = `${admin()}\nhosts: [127.0.0.1]`
  const { url, ops, file, policy, gate } = await startGate(t, settings)
  writeFileSync(file, policy().replace('"/*"', '/only'))
  await gate.logged('policy reloaded')
  const paths = ['/policy', '/policy/text', '/circuits', '/limits', '/limits/all', '/report', '/openapi.json']
  for (const path of [...paths, '/health', '/admin']) {
    const reply = await fetch(`${url}${path}`, { headers: GOOD })
    t.match(await reply.json(), { status: 404, code: 'no_route' }, path)
  }
  t.equal((await fetch(`${url}/policy/reload`, JSON_POST)).status, 404)
  for (const path of paths) {
    t.equal((await fetch(`${ops}${path}`, { headers: GOOD })).status, 404, path)
  }
  t.strictSame(
    gate.audit.filter(({ type }) => type === 'admin'),
    [],
  )
})

t.test('without `admin` nothing listens', async (t) => {
  const { gate } = await startGate(t)
  t.notOk('admin' in (await gate.logged('serving')))
})

t.test('the drain closes it with the rest', async (t) => {
  const { file, policy } = await startGate(t)
  writeFileSync(
    file,
    `${policy()}\n${admin()}\naudit: { sinks: [] }`.replace('drain: { delay: 0s, grace: 5s }\n', ''),
  )
  const nothing = () => undefined
  const log = { info: nothing, warn: nothing, error: nothing, flushNow: nothing }
  const running = await run({ file, env: process.env, log })
  const url = `http://127.0.0.1:${running.admin?.port}/health`
  t.equal((await fetch(url, { headers: GOOD })).status, 200)
  await running.drain.begin(true)
  await t.rejects(fetch(url, { headers: GOOD }), { cause: { code: 'ECONNREFUSED' } })
})

t.test('an admin address that is taken is told, and nothing serves', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  const { file, policy } = await startGate(t)
  writeFileSync(file, `${policy()}\n${admin(address).split('\n')[1]}`)
  const second = new GateProcess(t, ['serve', '--policy', file])
  t.equal(await second.ended, 1)
  t.match(second.log, [{ level: 'error', msg: `cannot start: \`admin: ${address}\`: the port is taken` }])
})

t.test('a new token needs a restart, and says so', async (t) => {
  const started = await startGate(t, admin())
  const url = await adminOf(started)
  const { gate, file, policy } = started
  writeFileSync(file, policy().replace(reference('GATE_TEST_ADMIN_TOKEN'), 'another-token-0123456789'))
  t.strictSame(told(await gate.logged('next start')).settings, ['admin'])
  t.equal((await fetch(`${url}/health`, { headers: GOOD })).status, 200)
  t.equal((await fetch(`${url}/policy/text`, { headers: GOOD })).status, 409)
})
