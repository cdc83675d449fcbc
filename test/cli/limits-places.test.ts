import type { AddressInfo } from 'node:net'
import t from 'tap'
import { limits } from '../../src/cli/limits.ts'
import { listening } from '../support/listening.ts'
import { startSallyport } from '../support/process.ts'
import { Api } from './gate-process.ts'
import { TOKEN } from './limits-gate.ts'
import { runCommand } from './output.ts'

const ENV = { SALLYPORT_ADMIN_TOKEN: TOKEN }

t.test('of a limit that has only `concurrent`, the requests under way are shown', async (t) => {
  const api = new Api()
  await listening(t, api.server)
  const { port } = api.server.address() as AddressInfo
  const policy = `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
admin: { listen: "127.0.0.1:0", token: "$\{env:SALLYPORT_ADMIN_TOKEN}" }
drain: { delay: 0s, grace: 1s }
upstreams: { api: { url: "http://127.0.0.1:${port}" } }
limits: { exports: { by: ip, concurrent: 3 } }
defaults: { upstream: api, auth: none, limits: [exports] }
routes: [{ id: all, match: { path: "/*", methods: [GET] } }]
`
  const gate = await startSallyport(t, policy, { env: ENV, dir: t.testdir() })
  const admin = `http://${/"admin":"([^"]+)"/.exec(gate.stderr)?.[1]}`
  const cli = (...more: string[]) =>
    runCommand(limits, [...more, 'exports', '--ip', '127.0.0.1', '--admin', admin], { env: ENV })
  t.match((await cli('show')).stdout, /exports +ip 127\.0\.0\.1 +3 at once +0 of 3 +3 +-\n$/)

  const slow = fetch(`http://127.0.0.1:${gate.port}/slow`)
  await api.holding()
  t.match((await cli('show')).stdout, /exports +ip 127\.0\.0\.1 +3 at once +1 of 3 +2 +-\n$/)
  t.match(JSON.parse((await cli('show', '--json')).stdout), {
    rate: '3 at once',
    max: 3,
    remaining: 2,
    resets_at: null,
    counted_in: 'process',
  })
  t.match((await cli('reset')).stdout, /now +3 at once +1 of 3 +2 +-\n$/, 'who is under way stays counted')
  api.release()
  await (await slow).text()
})
