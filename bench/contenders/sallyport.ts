import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from '../child.ts'
import {
  type Counting,
  keyFile,
  keyLines,
  limitPolicy,
  ordinaryPolicy,
  type PolicySize,
  sizedPolicy,
} from '../policy.ts'
import { type Contender, reporterArgs, type Setting } from './contender.ts'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** What the image runs: the source is the same program, but its types are stripped by a compiler that stays in memory. */
const program = fromRoot('dist/main.js')
const compiler = fromRoot('node_modules/typescript/bin/tsc')
const readyTimeoutMs = 60_000

/** The whole chain, as it is started by users. */
export const sallyport: Contender = {
  id: 'sallyport',
  title: 'Sallyport: the whole chain',
  needsKey: true,
  mustSend: ['x-request-id', 'x-content-type-options', 'access-control-allow-origin', 'ratelimit'],
  requestLog: 'audit.jsonl',
  unavailable,
  command: (setting) => serve(setting, ordinaryPolicy(setting)),
}

let built: string | undefined

/** Built once a run, so that nothing old is measured. */
function unavailable(): string | null {
  built ??= build()
  return built === '' ? null : built
}

/** @returns '' when it is built, else why not */
function build(): string {
  try {
    execFileSync(process.execPath, [compiler, '-p', fromRoot('tsconfig.build.json')], { stdio: 'pipe' })
    return ''
  } catch (error) {
    return `the program cannot be built: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Node's options as the image sets them: they are part of what it costs. */
export function imageOptions(): string[] {
  const dockerfile = readFileSync(fromRoot('Dockerfile'), 'utf8')
  const environment = /NODE_OPTIONS="([^"]*)"/.exec(dockerfile)?.[1]?.split(' ') ?? []
  const entrypoint: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]')
  return [...environment, ...entrypoint.filter((word) => word.startsWith('--'))]
}

/** The same chain on a policy of another size. */
export function sizedSallyport(id: string, size: PolicySize): Contender {
  const title = `Sallyport: ${size.keys} keys, ${size.routes} routes`
  const command = (setting: Setting) => {
    writeFileSync(`${setting.dir}/${keyFile}`, keyLines(size.keys))
    return serve(setting, sizedPolicy(setting, size.routes))
  }
  return { ...sallyport, id, title, command }
}

/** The same chain with one limit, counted in one of the ways there are. */
export function countingSallyport(id: string, title: string, counting: Counting): Contender {
  return { ...sallyport, id, title, command: (setting) => serve(setting, limitPolicy(setting, counting)) }
}

/** Runs another command of the program, such as `check`, as the image does. */
function sallyportArgs(...args: string[]): string[] {
  return [...imageOptions(), program, ...args]
}

function serve(setting: Setting, policy: string): Command {
  const file = `${setting.dir}/policy.yaml`
  writeFileSync(file, policy)
  return {
    command: process.execPath,
    args: [...reporterArgs(), ...sallyportArgs('serve', '--policy', file)],
    logFile: `${setting.dir}/output.log`,
    readyUrl: `http://127.0.0.1:${setting.opsPort}/health/ready`,
    readyStatus: 200,
    readyTimeoutMs,
  }
}
