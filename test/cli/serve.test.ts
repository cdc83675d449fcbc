import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { GateProcess, startGate } from './gate-process.ts'
import { runLine } from './terminal.ts'

t.test('it serves, audits on standard output only, and tells its health', async (t) => {
  const { gate, url, ops } = await startGate(t)
  t.equal(await (await fetch(`${url}/x`)).text(), 'fine')
  t.equal((await fetch(`${ops}/health/ready`)).status, 200)
  t.match(
    await (await fetch(`${ops}/metrics`)).text(),
    /sallyport_requests_total\{route="all",outcome="forward",status="2xx"\} 1/,
  )
  t.match(await runLine('health', '--url', `${ops}/health`), { code: 0, stdout: '200 ok\n' })
  gate.child.kill('SIGTERM')
  t.equal(await gate.ended, 0)
  t.match(gate.audit, [{ type: 'request', path: '/x', status: 200 }])
  t.match(await runLine('health', '--url', `${ops}/health`), { code: 1, stderr: /ECONNREFUSED/ })
})

t.test('S2 a change of the file is taken over, a broken one is not', async (t) => {
  const { gate, file, policy, ops } = await startGate(t)
  writeFileSync(file, policy('rotues: []'))
  t.match((await gate.logged('reload refused')).problems, [/policy\.yaml:9:1: .*rotues/])
  t.match(await (await fetch(`${ops}/health`)).json(), {
    status: 'degraded',
    policy: { last_reload: { good: false, problems: [/policy\.yaml:9:1/] } },
  })
  t.match(await (await fetch(`${ops}/metrics`)).text(), 'sallyport_policy_last_reload_successful 0\n')
  writeFileSync(`${file}.new`, policy('# better'))
  renameSync(`${file}.new`, file)
  const { hash } = await gate.logged('policy reloaded')
  t.match(await (await fetch(`${ops}/health`)).json(), { status: 'ok', policy: { hash } })
})

t.test('S2 100 reloads under load lose no request', async (t) => {
  const { gate, file, policy, url } = await startGate(t)
  const reloads = 100
  let over = false
  const statuses = new Map<number, number>()
  const client = async (): Promise<void> => {
    while (!over) {
      const reply = await fetch(`${url}/x`)
      await reply.text()
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
    }
  }
  const clients = Promise.all(Array.from({ length: 4 }, client))
  for (let i = 1; i <= reloads; i++) {
    writeFileSync(`${file}.new`, policy(`# ${i}`))
    renameSync(`${file}.new`, file)
    await gate.logged('policy reloaded', i)
  }
  over = true
  await clients
  t.strictSame([...statuses.keys()], [200], `${statuses.get(200)} requests in ${reloads} reloads`)
})

t.test('SIGHUP reads the policy again and opens the audit files anew', async (t) => {
  const dir = t.testdir()
  const audit = join(dir, 'audit.jsonl')
  const { gate } = await startGate(t, `audit: { sinks: [{ type: file, path: "${audit}" }] }`)
  renameSync(audit, join(dir, 'rotated'))
  gate.child.kill('SIGHUP')
  await gate.logged('policy reloaded')
  t.doesNotThrow(() => renameSync(audit, join(dir, 'there-again')))
})

t.test('S7 a reader of the audit that has stopped holds up neither replies nor the end', async (t) => {
  const { gate, url } = await startGate(t)
  gate.child.stdout?.pause()
  for (let i = 0; i < 600; i++) await (await fetch(`${url}/${'x'.repeat(300)}`)).text()
  gate.child.kill('SIGTERM')
  const [code] = await once(gate.child, 'exit')
  t.equal(code, 0)
})

t.test('a bad policy is told with all its problems, and the exit code is 1', async (t) => {
  const file = join(t.testdir({ 'p.yaml': 'version: 1\nlimitz: {}\nroutes: 5\n' }), 'p.yaml')
  const gate = new GateProcess(t, ['serve', '--policy', file])
  t.equal(await gate.ended, 1)
  t.match(gate.log, [{ level: 'error', problems: [/p\.yaml:2:1: .*limits/, /p\.yaml:3:9/] }])
})

t.test('a taken port is told plainly, and the exit code is 1', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const { file, policy } = await startGate(t)
  writeFileSync(`${file}.taken`, policy().replace('listen: 127.0.0.1:0', `listen: 127.0.0.1:${port}`))
  const gate = new GateProcess(t, ['serve', '--policy', `${file}.taken`])
  t.equal(await gate.ended, 1)
  t.match(gate.log, [
    { msg: `cannot start: \`listen: 127.0.0.1:${port}\`: the port is taken by another program` },
  ])
})

t.test('an audit file that cannot be opened is told, and the exit code is 1', async (t) => {
  const { file, policy } = await startGate(t)
  writeFileSync(`${file}.bad`, policy('audit: { sinks: [{ type: file, path: /nowhere/audit.jsonl }] }'))
  const gate = new GateProcess(t, ['serve', '--policy', `${file}.bad`])
  t.equal(await gate.ended, 1)
  t.match(gate.log, [{ msg: /audit sink \/nowhere\/audit\.jsonl: ENOENT/ }])
})

t.test('the command exits 2 on wrong use', async (t) => {
  const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const child = execFile(process.execPath, [program, 'nonsense'])
  const [code] = await once(child, 'exit')
  t.equal(code, 2)
})
