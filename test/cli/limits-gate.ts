import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { limits } from '../../src/cli/limits.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { runCommand } from './output.ts'

export const TOKEN = 'canary-token-0123456789'
const ENV = { SALLYPORT_ADMIN_TOKEN: TOKEN }

export interface LimitsGate {
  readonly gate: Sallyport
  /** Of the admin listener. */
  readonly url: string
  /** Spends one of `public`, `all` and `each`; answers with the status. */
  readonly spend: () => Promise<number>
  /** Runs `sallyport limits` here. */
  readonly cli: (...args: string[]) => ReturnType<typeof runCommand>
}

const policyFor = (api: number, admin: number, more: string) => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
admin: { listen: "127.0.0.1:${admin}", token: "$\{env:SALLYPORT_ADMIN_TOKEN}" }
drain: { delay: 0s, grace: 1s }
upstreams: { api: { url: "http://127.0.0.1:${api}" } }
limits:
  public: { by: ip, rate: 5/hour }
  all: { by: global, quota: 4000/month }
  each: { by: [key, route], rate: 50/hour }
defaults: { upstream: api, auth: [none, key], limits: [public, all, each] }
routes:
  - { id: open, match: { path: "/*", methods: [GET] } }
keys: [{ id: one, hash: "sha256:${'ab'.repeat(32)}", limits: [each] }]
${more}`

/** A gate with limits and an admin listener, as a process of its own. */
export async function limitsGate(t: Test, adminPort = 0, more = ''): Promise<LimitsGate> {
  const api = createServer((_request, response) => response.end('fine')).listen(0, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.closeAllConnections()
    api.close()
  })
  const { port } = api.address() as AddressInfo
  // A test may have more than one gate.
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-limits-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const gate = await startSallyport(t, policyFor(port, adminPort, more), { env: ENV, dir })
  const url = `http://${/"admin":"([^"]+)"/.exec(gate.stderr)?.[1]}`
  return {
    gate,
    url,
    spend: async () => (await fetch(`http://127.0.0.1:${gate.port}/`)).status,
    cli: (...args) => runCommand(limits, [...args, '--admin', url], { env: ENV }),
  }
}

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))

/** Runs the program as a process of its own, with nothing of this one's environment but PATH. */
export function runProcess(args: readonly string[], env: Readonly<Record<string, string>> = ENV) {
  const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 60_000 }
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })
}
