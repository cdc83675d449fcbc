import { METHODS } from '../config/methods.ts'
import { upstreamUrl } from '../config/schema-values.ts'
import { friendly } from './friendly.ts'
import { Names } from './names.ts'
import type { Imported } from './openapi.ts'
import type { SeenPath } from './paths-seen.ts'
import { ImportProblem } from './problem.ts'
import type { Rates } from './rates.ts'
import type { Seen, SeenKey } from './seen.ts'
import { Block, type Entry, List } from './starter.ts'
import { aboutStart, FORWARDED, LISTENING, NO_KEYS, REPORT_ONLY } from './starter-words.ts'
import { ranked, type Use } from './use.ts'

const LOCAL = 'http://127.0.0.1:3000'
const MAX_ROUTES = 5000
const MAX_TOLD = 5
const MAX_KEYS_TOLD = 50
/** Minutes of the clock cut a minute of a caller in two. */
const FACTOR = 2
const ROUTE_LIMITS = { key: 'keys', none: 'clients' } as const

interface Source {
  readonly file: string
  readonly upstream: string | null
}

/** What was seen as a policy to start from. */
export function starterOfSeen(seen: Seen, { file, upstream }: Source): Imported {
  const names = new Names()
  const all = seen.paths.paths().sort((a, b) => b.use.count - a.use.count)
  const routes = all.slice(0, MAX_ROUTES).map((path) => routeOf(path, names))
  const leftOut = ranked(seen.leftOut).map(([why, times]) => `${times} ${why}`)
  const untold = seen.paths.untold + all.slice(MAX_ROUTES).reduce((sum, { use }) => sum + use.count, 0)
  if (untold > 0) leftOut.push(`${untold} requests beyond the bounds of what is learnt`)
  const entries: Entry[] = [
    { key: 'version', value: 1 },
    REPORT_ONLY,
    ...LISTENING,
    upstreamEntry(upstream),
    limitsEntry(seen, all),
    defaultsEntry(seen),
    { key: 'routes', value: new List(routes), above: hostLines(seen) },
  ]
  const closing = leftOut.length === 0 ? [] : ['Not learnt from:', ...leftOut.map((line) => `- ${line}`)]
  const about = aboutStart(`${seen.requests} requests in ${file} by \`sallyport import audit\``)
  return { starter: { about, entries, closing }, files: new Map(), routes: routes.length, leftOut }
}

function upstreamEntry(upstream: string | null): Entry {
  const url = upstream ?? LOCAL
  const read = upstreamUrl().safeParse(url)
  if (!read.success)
    throw new ImportProblem(`--upstream: ${read.error.issues[0]?.message ?? 'it is not taken'}`)
  const from = upstream === null ? 'an audit file does not tell where the API is' : 'from --upstream'
  return { key: 'upstreams', value: new Block([{ key: 'api', value: { url }, beside: from }]) }
}

function isKeyed({ count, keyed }: Use): boolean {
  return keyed === count
}

function limitsEntry({ ofKeys, ofClients }: Seen, paths: readonly SeenPath[]): Entry {
  const limits: Entry[] = []
  if (paths.some(({ use }) => isKeyed(use))) limits.push(limitOf(ROUTE_LIMITS.key, 'key', ofKeys))
  if (paths.some(({ use }) => !isKeyed(use))) limits.push(limitOf(ROUTE_LIMITS.none, 'ip', ofClients))
  const above = [
    'Twice what 99 % of the minutes stayed within, rounded up: minutes in which a caller asked for anything.',
  ]
  return { key: 'limits', value: new Block(limits), above }
}

function limitOf(key: string, by: 'key' | 'ip', rates: Rates): Entry {
  const { usual, most, minutes } = rates.result() ?? { usual: 0, most: 0, minutes: 0 }
  const beside = `seen: ${usual} a minute in 99 % of ${minutes} minutes, at most ${most}`
  return { key, value: { by, rate: `${friendly(FACTOR * usual)}/minute` }, beside }
}

/** Keys of a run stayed at its gate. Where there was none, the API may judge credentials of its own. */
function defaultsEntry(seen: Seen): Entry {
  if (seen.keys.size > 0) return { key: 'defaults', value: { upstream: 'api' }, above: keyLines(seen) }
  const value = { upstream: 'api', forward_credential: true }
  return { key: 'defaults', value, above: [...NO_KEYS, ...FORWARDED] }
}

function keyLines({ keys }: Seen): string[] {
  const sorted = [...keys].sort(([, a], [, b]) => b.count - a.count)
  const lines = sorted.slice(0, MAX_KEYS_TOLD).map(([id, key]) => `- ${id}: ${keyText(key)}`)
  const more = keys.size > MAX_KEYS_TOLD ? [`- and ${keys.size - MAX_KEYS_TOLD} more`] : []
  return ['Keys that were seen; their entries for `keys` stand in the policy of that run:', ...lines, ...more]
}

function keyText({ org, count, firstMs, lastMs }: SeenKey): string {
  return `${org === '' ? '' : `org ${org}, `}${count} requests, ${span(firstMs, lastMs)}`
}

function hostLines({ hosts }: Seen): string[] {
  return hosts.size === 0 ? [] : [`Hosts that were asked for: ${toldOf(hosts)}.`]
}

function routeOf({ pattern, use, notes }: SeenPath, names: Names): List['items'][number] {
  const methods = methodsOf(use)
  const auth = isKeyed(use) ? 'key' : 'none'
  const seen = `${use.count} requests, ${span(use.firstMs, use.lastMs)}; answered ${toldOf(use.statuses)}`
  return {
    above: [seen, ...notes, ...originLines(use)],
    entries: [
      { key: 'id', value: names.take(pattern.path, 'root') },
      { key: 'match', value: { path: pattern.path, methods }, beside: toldOf(use.methods) },
      { key: 'auth', value: auth === 'key' ? ['key'] : 'none', beside: authText(use) },
      { key: 'limits', value: [ROUTE_LIMITS[auth]] },
      ...(use.hasEncodedSlash ? [{ key: 'path', value: { encoded_slash: 'allow' } }] : []),
      ...(use.hasWebSocket ? [{ key: 'websocket', value: true }] : []),
    ],
  }
}

function methodsOf({ methods }: Use): string[] {
  const hasGet = methods.has('GET')
  return METHODS.filter((method) => methods.has(method) && !(method === 'HEAD' && hasGet))
}

function authText({ keyed, count, keys }: Use): string {
  if (keyed === 0) return 'none showed a key'
  return keyed === count ? `all showed a key: ${toldOf(keys)}` : `${count - keyed} of ${count} showed no key`
}

function originLines({ origins }: Use): string[] {
  return origins.size === 0 ? [] : [`pages of ${toldOf(origins)} asked: see \`cors\``]
}

/** `GET 10, POST 2`. */
function toldOf(names: ReadonlyMap<string, number>): string {
  const all = ranked(names)
  const told = all.slice(0, MAX_TOLD).map(([name, times]) => `${name} (${times})`)
  return [...told, ...(all.length > MAX_TOLD ? ['…'] : [])].join(', ')
}

const SECONDS = 19

function span(firstMs: number, lastMs: number): string {
  const text = (ms: number) => `${new Date(ms).toISOString().slice(0, SECONDS)}Z`
  return firstMs === lastMs ? text(firstMs) : `${text(firstMs)} to ${text(lastMs)}`
}
