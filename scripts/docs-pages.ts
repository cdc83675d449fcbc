/**
 * Writes the generated parts of README.md and docs/: codes, settings, policies, and the numbers of bench/results.md.
 * With `--check` it writes nothing and fails when one of them is not what it should be.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { z } from 'zod'
import { CHECK_CODES } from '../src/config/checks/codes.ts'
import { type Documented, settingsTable } from '../src/config/describe.ts'
import { namedSchemas, singleSchemas } from '../src/config/schema.ts'
import { routeSchema } from '../src/config/schema-route.ts'
import { CODES } from '../src/core/codes.ts'
import { CHANGE_CODES } from '../src/diff/codes.ts'
import { circuitSchema } from '../src/policies/circuit/schema.ts'
import { POLICIES } from '../src/policies/index.ts'
import { keyAuthenticatorSchema } from '../src/policies/key/schema.ts'
import { BACK, FRONT } from '../src/policies/order.ts'
import { retrySchema } from '../src/policies/retry/schema.ts'
import { timeoutSchema } from '../src/policies/timeout/schema.ts'

const ROOT = new URL('../', import.meta.url)
const RESULTS = 'bench/results.md'

/** What each page with generated parts should hold, by its path below the repository's root. */
export function generatedPages(): ReadonlyMap<string, string> {
  const readme: Parts = { policies: policyTable(), ...benchPart() }
  return new Map([
    ['README.md', filled('README.md', readme)],
    ['docs/checks.md', filled('docs/checks.md', { checks: checkTable() })],
    ['docs/diff.md', filled('docs/diff.md', { changes: changeTable() })],
    ['docs/errors.md', filled('docs/errors.md', { codes: codeTable() })],
    ['docs/policy.md', filled('docs/policy.md', settingsParts())],
  ])
}

export function readPage(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** Generated text by the name in its markers, `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
type Parts = Readonly<Record<string, string>>

function filled(path: string, parts: Parts): string {
  return Object.entries(parts).reduce((page, part) => withPart(page, path, ...part), readPage(path))
}

function withPart(page: string, path: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

function codeTable(): string {
  const rows = Object.entries(CODES).map(([code, { status, title, help }]) => [
    `<a id="${code}"></a>\`${code}\``,
    String(status),
    title,
    help,
  ])
  return table(['code', 'status', 'what the client is told', 'what you can do'], rows)
}

function checkTable(): string {
  const rows = Object.entries(CHECK_CODES).map(([code, { severity, when, title, help }]) => [
    `[${code}](#${code})`,
    severity,
    when === 'load' ? 'at load' : 'by `check`',
    title,
    help,
  ])
  return table(['code', 'severity', 'told', 'what it means', 'what you can do'], rows)
}

function changeTable(): string {
  const rows = Object.entries(CHANGE_CODES).map(([code, { severity, meaning }]) => [
    `\`${code}\``,
    severity.replace('_', ' '),
    meaning,
  ])
  return table(['code', 'word', 'what it means'], rows)
}

/** Settings that are not a route's own key, with the folder of their policy. */
const ELSEWHERE: Readonly<Record<string, readonly [key: string, schema: z.ZodType]>> = {
  circuit: ['upstreams.NAME.circuit', circuitSchema],
  retry: ['upstreams.NAME.retry', retrySchema],
  timeout: ['upstreams.NAME.timeout', timeoutSchema],
  key: ['authenticators.NAME', keyAuthenticatorSchema],
}

/** One line a policy, in the order in which they are asked. */
function policyTable(): string {
  const known: Readonly<Record<string, readonly [key: string, schema: z.ZodType]>> = {
    ...ELSEWHERE,
    ...Object.fromEntries(POLICIES.map(({ name, key, schema }) => [name, [key, schema] as const])),
  }
  const rows = inOrder().map((folder) => {
    const [key, schema] = known[folder] ?? []
    if (key === undefined) throw new Error(`no settings are known of the policy ${folder}`)
    return [`[${folder}](src/policies/${folder}/README.md)`, `\`${key}\``, schema?.meta()?.description ?? '']
  })
  return table(['policy', 'setting', 'what it does'], rows)
}

function inOrder(): string[] {
  const front = FRONT.filter((slot) => slot !== 'limit_address').flatMap((slot) =>
    slot === 'auth' ? ['auth', 'key'] : [slot],
  )
  const placed = [...front, ...BACK]
  return [
    ...placed,
    ...POLICIES.map(({ name }) => name).filter((name) => !placed.some((one) => one === name)),
  ]
}

function settingsParts(): Parts {
  const { defaults: _defaults, ...single } = singleSchemas
  const own = new Set(POLICIES.map(({ key }) => key))
  const route = Object.entries(routeSchema.shape).filter(([key]) => !own.has(key) && key !== 'limit_headers')
  const {
    timeout: _timeout,
    circuit: _circuit,
    retry: _retry,
    ...upstream
  } = namedSchemas.upstreams.entry.shape
  return {
    file: settingsTable(Object.entries(single)),
    upstream: settingsTable(prefixed('upstreams.NAME', upstream)),
    route: settingsTable(route),
  }
}

function prefixed(prefix: string, shape: Readonly<Record<string, z.ZodType>>): Documented[] {
  return Object.entries(shape).map(([key, schema]) => [`${prefix}.${key}`, schema])
}

/** Nothing before the first whole run: then the page keeps what it says. */
function benchPart(): Parts {
  if (!existsSync(new URL(RESULTS, ROOT))) return {}
  const [, ...lines] = readPage(RESULTS).split('\n')
  const text = lines.join('\n').replace('](results.svg)', '](bench/results.svg)')
  const [numbers = ''] = text.split('\nRun it again')
  return { bench: numbers.trim() }
}

function main(): void {
  const stale = [...generatedPages()].filter(([path, wanted]) => readPage(path) !== wanted)
  const isCheck = process.argv.includes('--check')
  for (const [path, wanted] of stale) {
    if (!isCheck) writeFileSync(new URL(path, ROOT), wanted)
    console.log(path)
  }
  if (stale.length > 0 && isCheck) process.exitCode = 1
}

if (import.meta.main) main()
