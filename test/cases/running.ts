import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { readSuite } from '../../src/cases/read.ts'
import { type Report, type Result, type RunOptions, runSuite } from '../../src/cases/run.ts'
import { hashKey } from '../../src/policies/key/format.ts'

export const NOW_MS = Date.UTC(2027, 0, 31, 12)
export const KEY = 'demo-key-of-acme-0123456789'

/** A policy with one of everything that a case can speak of. */
export const POLICY = `version: 1
trust: [10.0.0.9]
upstreams: { api: { url: http://127.0.0.1:1/base } }
keys:
  - { id: acme, hash: "sha256:${hashKey(KEY)}", org: acme, scopes: [read] }
  - { id: brief, hash: "sha256:${'1'.repeat(64)}", expires: 2027-02-01 }
  - { id: gone, hash: "sha256:${'2'.repeat(64)}", revoked: true }
  - { id: narrow, hash: "sha256:${'3'.repeat(64)}", routes: [open], limits: [quota] }
limits:
  few: { by: key, rate: 2/minute }
  quota: { by: key, quota: 10/month }
  places: { by: key, concurrent: 2 }
  crowd: { by: ip, rate: 3/minute, cooldown: { after: 2, within: 1m, for: 5m } }
defaults: { upstream: api, auth: [key], limits: [few] }
routes:
  - { id: open, match: { path: /open }, auth: none, limits: [crowd], access: { deny: [192.0.2.66] } }
  - { id: read, match: { path: "/read/*", methods: [GET, POST] }, allow: { scopes: [read] }, strip_prefix: /read }
  - { id: write, match: { path: /write, methods: [POST] }, validate: { body: ./body.json, max_body: 40B } }
  - { id: watched, match: { path: /watched }, allow: { scopes: [read] }, mode: report }
  - { id: both, match: { path: /both }, limits: [crowd, few] }
  - { id: slow, match: { path: /slow }, limits: [places] }
  - { id: talk, match: { path: /talk }, websocket: true }
`

const BODY = '{ "type": "object", "required": ["title"] }'

export interface Files {
  readonly policy?: string
  readonly cases: string
  /** Beside `version`, `policy` and `cases`. */
  readonly more?: string
}

/** Writes a policy and its tests. @returns the path of the tests */
export function writeCases(t: Test, { policy = POLICY, cases, more = '' }: Files): string {
  const dir = t.testdir({ 'body.json': BODY, 'policy.yaml': policy })
  const file = join(dir, 'policy.test.yaml')
  writeFileSync(file, `version: 1\n${more}\ncases:\n${cases}`)
  return file
}

/** Runs cases. @throws when they cannot be read */
export async function run(t: Test, files: Files, options: Partial<RunOptions> = {}): Promise<Report> {
  const { suite, errors } = readSuite(writeCases(t, files), {}, NOW_MS)
  if (suite === null) throw new Error(errors.join('\n'))
  return runSuite(suite, { nowMs: NOW_MS, ...options })
}

/** What a case's own lines say of it, in short: what differs. */
export async function outcomeOf(t: Test, lines: string, files: Partial<Files> = {}): Promise<Result> {
  const { results } = await run(t, { ...files, cases: `  - { name: it, ${lines} }\n` })
  return results[0] as Result
}

export function textOf({ differences }: Result): string[] {
  return differences.map(({ what, expected, actual }) => `${what}: ${expected} | ${actual}`)
}
