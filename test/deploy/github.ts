import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { readYaml, root } from './read.ts'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly id?: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
  readonly run?: string
}

interface Action {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

export const action = readYaml<Action>('deploy/github/action.yml')
export const { steps } = action.runs
/** The checkout that a step runs. */
export const ROOT = `\${{ github.action_path }}/../..`

export const POLICY = `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api }
routes:
  - { id: a, match: { path: /a, methods: [GET] }, auth: [key] }
`
export const OPEN = POLICY.replace('[key]', 'none')
/** Where the action looks for the policy. */
export const AT = 'config/policy.yaml'

type Files = Readonly<Record<string, string>>

/** A clone whose branch has other files than the `main` it came from. */
export class Repository {
  readonly #dir: string
  readonly #clone: string

  constructor(t: Test, base: Files, files: Files) {
    this.#dir = t.testdir({ origin: {}, temp: {} })
    const origin = join(this.#dir, 'origin')
    this.#clone = join(this.#dir, 'clone')
    this.#git(origin, 'init', '--quiet', '--initial-branch=main')
    this.#commit(origin, { 'README.md': 'mine', ...base })
    this.#git(this.#dir, 'clone', '--quiet', `file://${origin}`, 'clone')
    this.#commit(this.#clone, files)
  }

  #git(cwd: string, ...args: readonly string[]): void {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
    execFileSync('git', [...who, ...args], { cwd, stdio: 'pipe', timeout: 30_000 })
  }

  #commit(cwd: string, files: Files): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true })
      writeFileSync(join(cwd, name), text)
    }
    this.#git(cwd, 'add', '.')
    this.#git(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'files')
  }

  /** Runs the steps as a runner does, until one fails. */
  run(given: Files = {}) {
    const inputs = { ...defaults(), base: 'main', ...given }
    const [summary, output] = [join(this.#dir, 'summary.md'), join(this.#dir, 'output')]
    writeFileSync(summary, '')
    writeFileSync(output, '')
    const files = {
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: output,
      RUNNER_TEMP: join(this.#dir, 'temp'),
    }
    let log = ''
    let failed: string | null = null
    for (const step of steps.filter(({ run, name }) => run !== undefined && name !== 'Install Sallyport')) {
      const env = { PATH: process.env.PATH, HOME: this.#dir, ...files, ...envOf(step, inputs) }
      const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run ?? '']
      const { status, stdout, stderr } = spawnSync('bash', args, {
        cwd: this.#clone,
        env,
        encoding: 'utf8',
        timeout: 60_000,
      })
      log += stdout + stderr
      if (status !== 0) {
        failed = step.name ?? ''
        break
      }
    }
    return { failed, log, summary: readFileSync(summary, 'utf8'), output: readFileSync(output, 'utf8') }
  }
}

const defaults = (): Files =>
  Object.fromEntries(Object.entries(action.inputs).map(([name, { default: value }]) => [name, value]))

function envOf({ env = {} }: Step, inputs: Files): Record<string, string> {
  const read = (text: string) =>
    text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/, (_, name: string) => inputs[name] ?? '')
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [key, value === ROOT ? root : read(value)]),
  )
}
