import { type AuditOutcome, type AuditRecord, reportedCodes } from '../core/audit.ts'
import type { TrailLine } from '../core/policy.ts'
import type { AuditLine } from '../replay/line.ts'
import type { ReportGroup, ReportResult } from './result.ts'

/** What is told of one request: a record of the running gate, or a line of its audit. */
interface Seen {
  readonly id: string
  readonly atMs: number
  readonly route: string | null
  readonly principal: AuditRecord['principal']
  readonly basis: AuditRecord['basis']
  readonly outcome: AuditOutcome
}

const MAX_GROUPS = 10_000
const MAX_EXAMPLES = 3
/** Of a word that somebody else may have written. */
const MAX_WORD = 200

class Group {
  readonly names: Pick<ReportGroup, 'route' | 'code' | 'key' | 'org'>
  requests = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = 0
  readonly #examples: string[] = []

  constructor(names: Group['names']) {
    this.names = names
  }

  add({ id, atMs }: Seen): void {
    this.#firstMs = Math.min(this.#firstMs, atMs)
    this.#lastMs = Math.max(this.#lastMs, atMs)
    this.#examples[this.requests % MAX_EXAMPLES] = id.slice(0, MAX_WORD)
    this.requests += 1
  }

  told(): ReportGroup {
    const newest = this.requests % MAX_EXAMPLES
    const inOrder = [...this.#examples.slice(newest), ...this.#examples.slice(0, newest)]
    return {
      ...this.names,
      requests: this.requests,
      first: isoTime(this.#firstMs),
      last: isoTime(this.#lastMs),
      examples: inOrder.reverse(),
    }
  }
}

/** Counts what report mode let through, by route, code, key and org; bounded, whatever comes. */
export class Report {
  readonly #groups = new Map<string, Group>()
  #fromMs = Number.POSITIVE_INFINITY
  #toMs = 0
  #requests = 0
  #reported = 0
  #others = 0

  /** Takes note of a request of this process; next to nothing when no check would have refused it. */
  record(record: AuditRecord): void {
    this.#look(record)
    if (hasReported(record.trail)) this.#tell(record, reportedCodes(record.trail))
  }

  /** The same for a line that a gate has written. */
  line(line: AuditLine): void {
    this.#look(line)
    if (line.reported.length > 0) this.#tell(line, line.reported)
  }

  told(): ReportResult {
    const hasSeen = this.#requests > 0
    return {
      from: hasSeen ? isoTime(this.#fromMs) : null,
      to: hasSeen ? isoTime(this.#toMs) : null,
      requests: this.#requests,
      reported: this.#reported,
      groups: [...this.#groups.values()].sort(bySize).map((group) => group.told()),
      others: this.#others,
    }
  }

  #look({ atMs }: Seen): void {
    this.#requests += 1
    if (atMs < this.#fromMs) this.#fromMs = atMs
    if (atMs > this.#toMs) this.#toMs = atMs
  }

  #tell(seen: Seen, codes: readonly string[]): void {
    if (!isLetThrough(seen)) return
    this.#reported += 1
    // Both phases of `limit` may say the same.
    for (const code of new Set(codes)) this.#add(seen, code.slice(0, MAX_WORD))
  }

  #add(seen: Seen, code: string): void {
    const { route, principal, basis } = seen
    const names = {
      route: wordOrNull(route),
      code,
      key: wordOrNull(principal.keyId === '' ? refusedKey(basis?.shown) : principal.keyId),
      org: wordOrNull(principal.org),
    }
    const group = this.#groupOf(names)
    if (group === null) this.#others += 1
    else group.add(seen)
  }

  #groupOf(names: Group['names']): Group | null {
    const key = JSON.stringify([names.route, names.code, names.key, names.org])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= MAX_GROUPS) return null
    const group = new Group(names)
    this.#groups.set(key, group)
    return group
  }
}

function hasReported(trail: readonly TrailLine[]): boolean {
  for (const { verdict } of trail) if (verdict === 'report') return true
  return false
}

/** What was refused all the same, by another check, would not have been let through anyway. */
function isLetThrough({ outcome }: Seen): boolean {
  return outcome === 'forward' || outcome === 'answer'
}

/** The id of a key that is known, and was not good. */
function refusedKey(shown: string | null | undefined): string {
  return shown?.includes(':') === true ? shown.slice(shown.indexOf(':') + 1) : ''
}

function wordOrNull(word: string | null): string | null {
  return word === null || word === '' ? null : word.slice(0, MAX_WORD)
}

function bySize(a: Group, b: Group): number {
  return b.requests - a.requests || (nameOf(a) < nameOf(b) ? -1 : 1)
}

const nameOf = ({ names }: Group): string => Object.values(names).join(' ')

/** The last millisecond that a Date can hold. */
const MAX_MS = 8_640_000_000_000_000
const isoTime = (ms: number): string => new Date(Math.min(Math.max(ms, 0), MAX_MS)).toISOString()
