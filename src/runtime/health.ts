import type { AuditState } from '../adapters/audit.ts'
import type { CircuitStatus } from '../adapters/circuit.ts'
import type { SharedStoreState } from '../adapters/fallback/store-circuit.ts'
import type { StoreState } from '../adapters/store/quota-keeper.ts'
import type { Health } from '../http/probes.ts'
import type { Current } from './current.ts'

export interface HealthSources {
  readonly current: Current
  readonly circuits: readonly CircuitStatus[]
  readonly audit: AuditState
  /** null: there is no store. */
  readonly store: StoreState | null
  /** null: limits are counted in this process only. */
  readonly sharedStore?: SharedStoreState | null
  readonly started: boolean
  readonly draining: boolean
}

const MAX_PROBLEMS = 20

/** The state of the gate and of each thing it depends on, for people on call. */
export function healthOf(sources: HealthSources): Health {
  const { current, circuits, audit, store, sharedStore = null, started, draining } = sources
  const { loaded, lastReload } = current
  const troubled =
    !lastReload.good ||
    audit.problems.length > 0 ||
    (store?.problem ?? null) !== null ||
    circuits.some(({ state }) => state !== 'closed') ||
    (sharedStore !== null && sharedStore.name !== 'closed')
  return {
    status: statusOf(started, draining, troubled),
    ready: started && !draining,
    started,
    summary: {
      policy: {
        hash: loaded.policy.hash,
        loaded_at: isoTime(loaded.loadedAtMs),
        last_reload: {
          good: lastReload.good,
          at: isoTime(lastReload.atMs),
          problems: lastReload.problems.slice(0, MAX_PROBLEMS),
        },
      },
      upstreams: upstreamsOf(current, circuits),
      audit: { dropped: audit.dropped, problems: audit.problems },
      ...(sharedStore === null ? {} : { redis: sharedStoreOf(sharedStore) }),
      store,
    },
  }
}

function statusOf(started: boolean, draining: boolean, troubled: boolean): Health['status'] {
  if (draining) return 'draining'
  if (!started) return 'starting'
  return troubled ? 'degraded' : 'ok'
}

function upstreamsOf({ loaded }: Current, circuits: readonly CircuitStatus[]) {
  return [...loaded.settings.upstreams.keys()].map((name) => {
    const circuit = circuits.find((one) => one.name === name)
    const openedAt = circuit?.openedAtMs ?? null
    return { name, circuit: circuit?.state ?? 'off', opened_at: openedAt === null ? null : isoTime(openedAt) }
  })
}

/** A store that is given up is no reason to be taken out of service: each limit says what is done without it. */
function sharedStoreOf({ name, sinceMs, failures, lastProblem }: SharedStoreState) {
  return { state: name, since: isoTime(sinceMs), failures, last_problem: lastProblem }
}

const isoTime = (ms: number): string => new Date(ms).toISOString()
