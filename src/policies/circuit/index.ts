import { UpstreamFailure, type Wrap } from '../../core/upstream.ts'
import { type Outcome, outcomeOfError, outcomeOfStatus, retryAfterS } from './decide.ts'

/** How a request may go on: with the others, or as the one that tries whether the upstream is back. */
export type Pass = 'usual' | 'trial'

/** The live state of one upstream's circuit. It outlives reloads. */
export interface Circuit {
  /** Asked before each request. @returns null when nothing may be sent now */
  enter(): Pass | null
  /** Told after each request that entered, exactly once. */
  leave(pass: Pass, outcome: Outcome): void
  /** Milliseconds until a trial is due; 0 when it is due or under way. */
  waitMs(): number
}

/** Spares an upstream that keeps failing, and its clients the wait. */
export function circuitWrap(circuit: Circuit): Wrap {
  return (next) =>
    function throughCircuit(request, permit) {
      const pass = circuit.enter()
      if (pass === null) return Promise.reject(openFailure(request.upstream, circuit.waitMs()))
      return next(request, permit).then(
        (response) => {
          circuit.leave(pass, outcomeOfStatus(response.status))
          return response
        },
        (error: unknown) => {
          circuit.leave(pass, outcomeOfError(error))
          throw error
        },
      )
    }
}

function openFailure(upstream: string, waitMs: number): UpstreamFailure {
  return new UpstreamFailure('circuit_open', `the circuit of upstream ${upstream} is open`, {
    unsent: true,
    retryAfterS: retryAfterS(waitMs),
  })
}
