import type { AuditState } from '../adapters/audit.ts'
import type { CircuitStatus } from '../adapters/circuit.ts'
import type { Health } from '../http/probes.ts'
import type { Current } from './current.ts'

export interface HealthSources {
  readonly current: Current
  readonly circuits: readonly CircuitStatus[]
  readonly audit: AuditState
  readonly started: boolean
  readonly draining: boolean
}

const MAX_PROBLEMS = 20

/** The state of the gate and of each thing it depends on, for people on call. */
export function healthOf({ current, circuits, audit, started, draining }: HealthSources): Health {
  const { loaded, lastReload } = current
  const troubled =
    !lastReload.good || audit.problems.length > 0 || circuits.some(({ state }) => state !== 'closed')
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

const isoTime = (ms: number): string => new Date(ms).toISOString()
