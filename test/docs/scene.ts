import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import { hashKey, newKey } from '../../src/policies/key/format.ts'
import { GateProcess } from '../cli/gate-process.ts'
import { listening } from '../support/listening.ts'

export interface Scene {
  readonly key: string
  /** Path of the policy as it runs. */
  readonly file: string
  /** A line of the document with the ports that are in use here. */
  readonly moved: (line: string) => string
}

export interface Setting {
  /** The policy as the document or the repository has it. */
  readonly policy: string
  /** What the API behind has: /NAME answers with it. */
  readonly resources: Readonly<Record<string, unknown>>
  /** Absent: a new one. */
  readonly key?: string
}

/** What a document has its reader start, with the real program, on free ports. */
export async function startScene(t: Test, setting: Setting): Promise<Scene> {
  const key = setting.key ?? newKey(randomBytes)
  const api = await startApi(t, setting.resources)
  const file = join(t.testdir(), 'my-policy.yaml')
  writeFileSync(file, movedPolicy(setting.policy, api, key))
  const gate = new GateProcess(t, ['serve', '--policy', file])
  const { listen, ops } = await gate.logged('serving')
  const moved = (line: string) =>
    line
      .replace(/(?:127\.0\.0\.1|localhost):8080/g, String(listen))
      .replace(/(?:127\.0\.0\.1|localhost):9901/g, String(ops))
      .replaceAll('my-policy.yaml', file)
  return { key, file, moved }
}

function movedPolicy(policy: string, api: string, key: string): string {
  return policy
    .replace(/^(listen|ops): \S+/gm, '$1: 127.0.0.1:0')
    .replace(/http:\/\/(?:127\.0\.0\.1|legacy):3000/, api)
    .replace(/"\$\{(?:env|file):[^}]+\}"/, `"sha256:${hashKey(key)}"`)
}

/** @returns its origin */
async function startApi(t: Test, resources: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://api').pathname.slice(1)
    const isThere = Object.hasOwn(resources, name)
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isThere ? resources[name] : {}))
  })
  return listening(t, server)
}
