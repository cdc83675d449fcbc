import { type CompileOptions, compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import { NOW_MS } from './compiling.ts'

export const hashOf = (digit: number): string => `sha256:${digit.toString(16).padStart(64, '0')}`

export function policy(more = 'key_files: [./keys.jsonl]'): string {
  return `version: 1
${more}
upstreams: { api: { url: http://127.0.0.1:3000 } }
limits: { slow: { by: key, rate: 1/minute } }
defaults: { upstream: api, auth: key }
routes:
  - { id: orders, match: { path: /orders } }
`
}

type Files = Readonly<Record<string, string | Uint8Array>>

export function compileFiles(files: Files, text = policy(), more: Partial<CompileOptions> = {}) {
  const readChunks = function* (path: string) {
    const content = files[path.replace(/^\.\//, '')]
    if (content === undefined) throw new Error(`ENOENT ${path}`)
    yield Buffer.from(content)
  }
  const readText = () => ''
  return compile(text, { file: 'policy.yaml', readText, readChunks, env: {}, nowMs: NOW_MS, ...more })
}

export function problemsOf(content: string | Uint8Array, text = policy()): string[] {
  return compileFiles({ 'keys.jsonl': content }, text).problems.map(formatProblem)
}

const UNUSED = /the limit `slow` is used nowhere/
export const told = (problems: readonly string[]): string[] =>
  problems.filter((problem) => !UNUSED.test(problem))

export function line(number: number, more: object = {}): string {
  return JSON.stringify({ id: `key-${number}`, hash: hashOf(number), ...more })
}
