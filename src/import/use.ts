import type { AuditLine } from '../replay/line.ts'

const MAX_NAMES = 50

/** What was seen of requests of one kind; bounded, whatever is added. */
export class Use {
  count = 0
  keyed = 0
  firstMs = Number.POSITIVE_INFINITY
  lastMs = Number.NEGATIVE_INFINITY
  hasEncodedSlash = false
  hasWebSocket = false
  readonly methods = new Map<string, number>()
  readonly statuses = new Map<string, number>()
  readonly keys = new Map<string, number>()
  /** Of pages in browsers. */
  readonly origins = new Map<string, number>()

  add(line: AuditLine): void {
    const { principal, basis, path, method, status, atMs } = line
    this.count++
    this.firstMs = Math.min(this.firstMs, atMs)
    this.lastMs = Math.max(this.lastMs, atMs)
    count(this.methods, method ?? '')
    count(this.statuses, String(status))
    if (principal.kind !== 'anonymous') {
      this.keyed++
      count(this.keys, principal.keyId)
    }
    if (basis?.origin != null) count(this.origins, basis.origin)
    this.hasWebSocket ||= basis?.websocket === true
    this.hasEncodedSlash ||= path?.includes('%2F') === true
  }

  merge(other: Use): void {
    this.count += other.count
    this.keyed += other.keyed
    this.firstMs = Math.min(this.firstMs, other.firstMs)
    this.lastMs = Math.max(this.lastMs, other.lastMs)
    this.hasWebSocket ||= other.hasWebSocket
    this.hasEncodedSlash ||= other.hasEncodedSlash
    for (const key of ['methods', 'statuses', 'keys', 'origins'] as const) {
      for (const [name, times] of other[key]) count(this[key], name, times)
    }
  }
}

/** Counts a name, or leaves it out when there are too many others already. */
export function count(names: Map<string, number>, name: string, times = 1, max = MAX_NAMES): void {
  const known = names.get(name)
  if (known !== undefined || names.size < max) names.set(name, (known ?? 0) + times)
}

/** The most frequent ones first. */
export function ranked(names: ReadonlyMap<string, number>): (readonly [name: string, times: number])[] {
  return [...names].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
}
