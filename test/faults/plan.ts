import { Prng } from '../fuzz/prng.ts'

/** `kill`: SIGKILL, and started anew. `stop`: SIGSTOP and SIGCONT. `restart`: SIGTERM, and started at once. */
export type FaultKind = 'kill' | 'stop' | 'restart' | 'flush'

export interface Fault {
  readonly kind: FaultKind
  /** Since the one before began, or since the start. */
  readonly afterMs: number
  /** How long Redis is away; 0 for those that need no time. */
  readonly holdMs: number
}

export interface Pace {
  readonly leastMs: number
  readonly mostMs: number
}

export const PACE: Pace = { leastMs: 5000, mostMs: 20_000 }

const KINDS: readonly FaultKind[] = ['kill', 'stop', 'restart', 'flush']
const SHORTEST_HOLD_MS = 50
/** Of the time to the next: what is left is for healing. */
const LONGEST_HOLD_SHARE = 0.5

/** Faults without end, the same for the same seed; of each four, one is of each kind. */
export function* faults(seed: number, { leastMs, mostMs }: Pace = PACE): Generator<Fault, never> {
  const prng = new Prng(seed)
  for (;;) {
    for (const kind of shuffled(prng)) {
      const afterMs = leastMs + prng.below(mostMs - leastMs + 1)
      const longestMs = leastMs * LONGEST_HOLD_SHARE * (prng.chance(0.5) ? 0.2 : 1)
      const holdMs = SHORTEST_HOLD_MS + prng.below(Math.max(1, Math.round(longestMs) - SHORTEST_HOLD_MS))
      yield { kind, afterMs, holdMs: kind === 'kill' || kind === 'stop' ? holdMs : 0 }
    }
  }
}

function shuffled(prng: Prng): FaultKind[] {
  const left = [...KINDS]
  const drawn: FaultKind[] = []
  while (left.length > 0) drawn.push(...left.splice(prng.below(left.length), 1))
  return drawn
}
