import { posix } from 'node:path'
import { importsOf, scan } from './imports.ts'

/** Path below the repository's root (`src/…`, with `/`) to text. */
export type Tree = ReadonlyMap<string, string>

const FLOORS: Readonly<Record<string, number>> = {
  core: 0,
  policies: 1,
  config: 2,
  adapters: 2,
  http: 3,
  admin: 3,
  judge: 3,
  cases: 3,
  explain: 3,
  diff: 3,
  replay: 3,
  report: 3,
  import: 3,
  runtime: 3,
  cli: 4,
  'main.ts': 4,
}

/** What policies may use beside core: small, pure, and written down here so that adding one is a decision. */
const POLICY_PACKAGES = new Set(['zod', 'node:crypto', 'helmet', 'ajv', 'ajv-formats', 're2js'])

const IMPURE: readonly (readonly [string, RegExp])[] = [
  ['Date.now', /(?<![.\w$])Date\s*\.\s*now\b/],
  ['new Date()', /\bnew\s+Date\s*(?:\(\s*\)|(?![\s(\w]))/],
  ['Date()', /(?<!new\s+|[.\w$])Date\s*\(/],
  ['process', /(?<![.\w$])process\s*(?:\?\.|[.[])/],
  ['performance', /(?<![.\w$])performance\s*\./],
  ['setTimeout', /(?<![.\w$])set(?:Timeout|Interval|Immediate)\b/],
  ['fetch(', /(?<![.\w$])fetch\s*\(/],
  ['Math.random', /(?<![.\w$])Math\s*\.\s*random\b/],
  ['crypto', /(?<![.\w$])crypto\s*\./],
  ['console', /(?<![.\w$])console\s*\./],
  ['globalThis', /(?<![.\w$])globalThis\b/],
]

const folderOf = (file: string): string => file.split('/')[1] ?? ''
const isRelative = (specifier: string): boolean => specifier.startsWith('.')
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const problem = (file: string, specifier: string, rule: string): string =>
  `${file}: imports '${specifier}': ${rule}`

function externalProblem(file: string, specifier: string): string | undefined {
  const folder = folderOf(file)
  const name = packageOf(specifier)
  if (folder === 'core') return 'core imports no package and no node: module'
  if (folder === 'policies' && !POLICY_PACKAGES.has(name)) {
    return `policies import only core and ${[...POLICY_PACKAGES].join(', ')}`
  }
  const isFastify = name === 'fastify' || name.startsWith('@fastify/')
  if (isFastify && folder !== 'http' && folder !== 'admin') return 'Fastify lives in http/ and admin/ only'
  return undefined
}

function relativeProblem(file: string, target: string, tree: Tree): string | undefined {
  if (!target.startsWith('src/')) return 'src imports nothing outside src'
  if (!tree.has(target)) return 'no such file (write the full name with its .ts)'
  const from = FLOORS[folderOf(file)]
  const to = FLOORS[folderOf(target)]
  if (from === undefined || to === undefined) return undefined
  if (to > from) return `imports only go down: ${folderOf(file)} is floor ${from}, the other is floor ${to}`
  const sideways = from === 2 && to === 2 && folderOf(file) !== folderOf(target)
  return sideways ? 'config and adapters do not see each other' : undefined
}

const targetOf = (file: string, specifier: string): string => posix.join(posix.dirname(file), specifier)

function importProblem(file: string, specifier: string, tree: Tree): string | undefined {
  if (specifier === '?') return 'a computed import hides where it goes'
  return isRelative(specifier)
    ? relativeProblem(file, targetOf(file, specifier), tree)
    : externalProblem(file, specifier)
}

function placeProblems(file: string): string[] {
  const problems: string[] = []
  if (FLOORS[folderOf(file)] === undefined) {
    problems.push(
      `${file}: no floor for '${folderOf(file)}': the folders are ${Object.keys(FLOORS).join(', ')}`,
    )
  }
  if (file.split('/').includes('utils'))
    problems.push(`${file}: no utils/ folder: name it by what it is about`)
  const isIndex = posix.basename(file) === 'index.ts'
  if (isIndex && !/^src\/policies\/(?:[^/]+\/)?index\.ts$/.test(file)) {
    problems.push(`${file}: no index.ts but src/policies/index.ts and one in each policy's folder`)
  }
  return problems
}

function impureProblems(file: string, source: string): string[] {
  if (folderOf(file) !== 'core') return []
  const { bare } = scan(source)
  return IMPURE.filter(([, pattern]) => pattern.test(bare)).map(
    ([name]) => `${file}: mentions ${name}: core reaches the outside through ports only`,
  )
}

function fileProblems(file: string, source: string, tree: Tree): string[] {
  const imports = importsOf(source).flatMap((specifier) => {
    const rule = importProblem(file, specifier, tree)
    return rule === undefined ? [] : [problem(file, specifier, rule)]
  })
  return [...placeProblems(file), ...imports, ...impureProblems(file, source)]
}

/** Policy folders without the files every policy has. */
function policyFolderProblems(tree: Tree): string[] {
  const names = new Set<string>()
  for (const file of tree.keys()) {
    const name = /^src\/policies\/([^/]+)\//.exec(file)?.[1]
    if (name !== undefined) names.add(name)
  }
  return [...names].flatMap((name) =>
    ['schema.ts', 'index.ts', 'README.md']
      .filter((wanted) => !tree.has(`src/policies/${name}/${wanted}`))
      .map(
        (wanted) => `src/policies/${name}: lacks ${wanted}: one folder per policy, each with the same files`,
      ),
  )
}

type Walk = { readonly done: Set<string>; readonly path: string[]; readonly cycles: string[] }

function walk(file: string, edges: ReadonlyMap<string, readonly string[]>, state: Walk): void {
  const start = state.path.indexOf(file)
  if (start !== -1) {
    state.cycles.push(`${file}: cycle: ${[...state.path.slice(start), file].join(' -> ')}`)
    return
  }
  if (state.done.has(file)) return
  state.path.push(file)
  for (const next of edges.get(file) ?? []) walk(next, edges, state)
  state.path.pop()
  state.done.add(file)
}

/** Import cycles between files; type-only imports count, for a type that needs its user is one thing in two places. */
function cycleProblems(sources: Tree): string[] {
  const edges = new Map<string, string[]>()
  for (const [file, source] of sources) {
    const targets = importsOf(source).map((specifier) =>
      isRelative(specifier) ? targetOf(file, specifier) : '',
    )
    edges.set(
      file,
      targets.filter((target) => sources.has(target)),
    )
  }
  const state: Walk = { done: new Set(), path: [], cycles: [] }
  for (const file of edges.keys()) walk(file, edges, state)
  return state.cycles
}

/** Every breach of the floors in a tree, each as `file: what: the rule`. */
export function floorProblems(tree: Tree): string[] {
  const sources = new Map([...tree].filter(([file]) => file.endsWith('.ts')))
  const perFile = [...sources].flatMap(([file, source]) => fileProblems(file, source, tree))
  return [...perFile, ...policyFolderProblems(tree), ...cycleProblems(sources)]
}
