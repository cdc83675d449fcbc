import { METHODS } from '../config/methods.ts'
import type { AuditLine, ReadLine } from '../replay/line.ts'
import { PathsSeen } from './paths-seen.ts'
import { Rates } from './rates.ts'
import { count } from './use.ts'

/** A key that was seen. */
export interface SeenKey {
  readonly org: string
  count: number
  firstMs: number
  lastMs: number
}

/** What audit files tell of those who use an API. */
export interface Seen {
  readonly paths: PathsSeen
  readonly keys: ReadonlyMap<string, SeenKey>
  readonly ofKeys: Rates
  readonly ofClients: Rates
  readonly hosts: ReadonlyMap<string, number>
  /** Why requests were not learnt from, with their numbers. */
  readonly leftOut: ReadonlyMap<string, number>
  readonly requests: number
}

/** Statuses by which an API says that there is nothing. */
const NOTHING_THERE: ReadonlySet<number> = new Set([404, 405, 410, 501])
const KNOWN: ReadonlySet<string> = new Set(METHODS)
const MAX_KEYS = 1000

/** Learns from one line after the other. */
export class Learning implements Seen {
  readonly paths = new PathsSeen()
  readonly keys = new Map<string, SeenKey>()
  readonly ofKeys = new Rates()
  readonly ofClients = new Rates()
  readonly hosts = new Map<string, number>()
  readonly leftOut = new Map<string, number>()
  requests = 0

  other(read: Exclude<ReadLine, { readonly kind: 'request' }>): void {
    if (read.kind === 'gap') count(this.leftOut, 'requests that the audit has lost', read.dropped)
    if (read.kind === 'broken') count(this.leftOut, 'lines that are broken')
  }

  request(line: AuditLine): void {
    const why = whyNot(line)
    if (why !== null || line.path === null) count(this.leftOut, why ?? MALFORMED)
    else this.#learn(line, line.path)
  }

  #learn(line: AuditLine, path: string): void {
    this.requests++
    this.paths.add(path, line)
    if (line.basis !== null) count(this.hosts, line.basis.host)
    if (line.principal.kind === 'anonymous') this.ofClients.add(line.atMs, line.client)
    else {
      this.ofKeys.add(line.atMs, line.principal.keyId)
      this.#key(line)
    }
  }

  #key({ principal: { keyId, org }, atMs }: AuditLine): void {
    let key = this.keys.get(keyId)
    if (key === undefined) {
      if (this.keys.size >= MAX_KEYS) return
      key = { org, count: 0, firstMs: atMs, lastMs: atMs }
      this.keys.set(keyId, key)
    }
    key.count++
    key.firstMs = Math.min(key.firstMs, atMs)
    key.lastMs = Math.max(key.lastMs, atMs)
  }
}

const MALFORMED = 'requests that were malformed'

function whyNot({ outcome, code, status, method }: AuditLine): string | null {
  if (outcome === 'malformed') return MALFORMED
  if (outcome === 'refuse') return 'requests that were refused'
  if (outcome === 'answer') return 'requests that were answered here'
  if (code !== null || status === 0) return 'requests that got no reply of the API'
  if (method === null || !KNOWN.has(method)) return 'requests with a method that is never served'
  return NOTHING_THERE.has(status) ? 'requests to what is not there (404, 405, 410, 501)' : null
}
