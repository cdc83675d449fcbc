import type { AuditTrail } from '../adapters/audit.ts'
import { FallbackCounters } from '../adapters/counters-fallback.ts'
import type { MemoryCounters } from '../adapters/counters-memory.ts'
import type { SharedStoreState } from '../adapters/fallback/store-circuit.ts'
import type { Log } from '../adapters/log.ts'
import type { CounterStore } from '../core/ports.ts'

export interface SharedStoreNeeds {
  readonly remote: CounterStore
  readonly local: MemoryCounters
  /** How many processes share the store. */
  readonly replicas: () => number
  /** The longest that the store can hold a request up. */
  readonly deadlineMs?: number
  readonly audit: Pick<AuditTrail, 'event'>
  readonly log: Log
}

/**
 * The shared store with what is done without it. Tried once before it resolves, so that the first request does not
 * have to find out; `close` ends its timers.
 */
export async function sharedCounters({ audit, log, ...needs }: SharedStoreNeeds): Promise<FallbackCounters> {
  const counters = new FallbackCounters({ ...needs, onChange: storeStateTold(audit, log) })
  await counters.start()
  return counters
}

/** One line for the operator and one in the audit trail, whenever the store is given up or taken back. */
function storeStateTold(audit: SharedStoreNeeds['audit'], log: Log): (state: SharedStoreState) => void {
  return ({ name, sinceMs, failures, lastProblem }) => {
    audit.event({
      type: 'store_state',
      time: new Date(sinceMs).toISOString(),
      state: name,
      problem: lastProblem,
    })
    if (name === 'closed') log.info('shared store is in use again', { failures })
    else log.error('shared store given up: limits do what on_store_error says', { problem: lastProblem })
  }
}
