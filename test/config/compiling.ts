import { type Compiled, compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'

/** 2026-01-01, for what depends on today. */
export const NOW_MS = Date.UTC(2026, 0, 1)

export const HASH = `sha256:${'0123456789abcdef'.repeat(4)}`

const ENV = { DEMO_HASH: HASH, CANARY: 'canary-9f2b7c', PASSWORD: 'canary-9f2b7c', SHORT: 'x', EMPTY: '' }

const FILES: Readonly<Record<string, string>> = {
  'hash.txt': `${HASH}\n`,
  'canary.txt': 'canary-9f2b7c\n',
  'order.json': '{ "type": "object" }',
  'broken.json': '{ "type": ',
  'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
}

export function readText(path: string): string {
  const text = FILES[path.replace(/^\.\//, '').replace(/^schemas\//, '')]
  if (text === undefined) throw new Error(`no file ${path}`)
  return text
}

/** Compiles with fixed surroundings. */
export function compileText(text: string): Compiled {
  return compile(text, { file: 'policy.yaml', readText, env: ENV, nowMs: NOW_MS })
}

/** Problems as people read them, without the file's name. */
export function problemsOf(text: string): string[] {
  return compileText(text).problems.map((problem) => formatProblem(problem).replace('policy.yaml:', ''))
}

/** A good policy to which one thing can be added. */
export function policyWith(route: string, top = ''): string {
  return `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: none }
${top}
routes:
  - id: one
    match: { path: /one }
${route}
`
}

/** The policy of good text; a test that gets here with a bad one should fail loudly. */
export function goodPolicy(text: string) {
  const compiled = compileText(text)
  if (compiled.policy === null) throw new Error(compiled.problems.map(formatProblem).join('\n'))
  return compiled
}
