import type { Upstream } from '../core/policy.ts'
import type { Send } from '../core/upstream.ts'
import { RetryBudget } from '../policies/retry/decide.ts'
import { type CircuitEvents, type CircuitStatus, createCircuits } from './circuit.ts'
import { composeSend } from './upstream/compose.ts'
import type { OriginStats } from './upstream/origin.ts'
import { createUpstreams } from './upstream.ts'

/** All live state behind the gate: connections, circuits, retry budgets. Made once; it outlives reloads. */
export interface Back {
  /** The whole way to an upstream: circuit, retry, one try. To be made once per upstream and policy. */
  send(upstream: Upstream): Send
  /** Told the upstreams of a new policy: what none of them uses is given up. */
  apply(upstreams: readonly Upstream[]): void
  circuits(): readonly CircuitStatus[]
  origins(): readonly OriginStats[]
  close(): Promise<void>
}

export function createBack(events: CircuitEvents = {}): Back {
  const upstreams = createUpstreams()
  const circuits = createCircuits(events)
  const budgets = new Map<string, RetryBudget>()

  function budgetOf({ name, retry }: Upstream): RetryBudget {
    const known = budgets.get(name) ?? new RetryBudget(retry.budgetPercent)
    known.adjust(retry.budgetPercent)
    budgets.set(name, known)
    return known
  }

  return {
    send(upstream) {
      const parts = {
        send: upstreams.send(upstream),
        circuit: circuits.of(upstream),
        budget: budgetOf(upstream),
      }
      return composeSend(upstream, parts)
    },
    apply(next) {
      upstreams.apply(next)
      circuits.apply(next)
      const names = new Set(next.map(({ name }) => name))
      for (const name of budgets.keys()) if (!names.has(name)) budgets.delete(name)
    },
    circuits: () => circuits.list(),
    origins: () => upstreams.stats(),
    async close() {
      circuits.close()
      await upstreams.close()
    },
  }
}
