import type { AuditRecord } from '../core/audit.ts'

export const MAX_RECENT = 2048
/** A path may be as long as a target; of the long ones only so much is kept. */
const MAX_PATH = 512

/** The latest requests, by id: for whoever asks why one of them was decided as it was. */
export class RecentRecords {
  readonly #capacity: number
  readonly #ring: AuditRecord[] = []
  readonly #byId = new Map<string, AuditRecord>()
  #next = 0

  /** @param capacity how many are kept */
  constructor(capacity = MAX_RECENT) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#ring.length
  }

  record(record: AuditRecord): void {
    const kept = shortened(record)
    const oldest = this.#ring[this.#next]
    if (oldest !== undefined && this.#byId.get(oldest.id) === oldest) this.#byId.delete(oldest.id)
    this.#ring[this.#next] = kept
    this.#byId.set(kept.id, kept)
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** undefined: never seen, or too long ago. */
  find(id: string): AuditRecord | undefined {
    return this.#byId.get(id)
  }
}

function shortened(record: AuditRecord): AuditRecord {
  const { path } = record
  if (path === null || path.length <= MAX_PATH) return record
  // A slice would keep the whole alive behind it.
  return { ...record, path: `${Buffer.from(path.slice(0, MAX_PATH)).toString('utf8')}…` }
}
