import type { Decision, Route } from '../core/policy.ts'
import type { Looked } from './looking.ts'
import type { LiveGate } from './world.ts'

/** What whoever reads an explanation should not overlook. */
export function warningsOf(
  decision: Decision,
  route: Route,
  looked: readonly Looked[],
  live: Pick<LiveGate, 'isStoreDown' | 'circuits'> | null,
): string[] {
  return [
    ...modeWarnings(route),
    ...reportWarnings(decision),
    ...decision.warnings.map((warning) => `a quota reaches a share at which it warns: ${warning}`),
    ...cooldownWarnings(looked),
    ...(decision.outcome === 'forward' ? circuitWarnings(route, live) : []),
    ...(live?.isStoreDown === true
      ? ['the shared store is given up: these are the counts of one process']
      : []),
  ]
}

function modeWarnings({ mode, reporting }: Route): string[] {
  if (reporting === null) return []
  const { checks, enforcedPercent } = reporting
  if (mode === 'report') return ['this route only reports: none of its checks refuses']
  const share = enforcedPercent === 0 ? '' : `, and are enforced to ${enforcedPercent}% of principals`
  return [`checks of this route that only report${share}: ${[...checks].join(', ')}`]
}

function reportWarnings({ trail }: Decision): string[] {
  return trail.flatMap(({ check, verdict, code }) =>
    verdict === 'report'
      ? [`report mode: ${check} would refuse with ${code ?? ''}, and lets it through`]
      : [],
  )
}

/** How often a bucket was refused of late nobody tells. */
function cooldownWarnings(looked: readonly Looked[]): string[] {
  return looked.flatMap(({ charge, reading, effect }) => {
    const { name, cooldown } = charge.limit
    if (cooldown === null || effect !== 'refuses' || reading.shutMs > 0) return []
    return [`${name} has a cooldown: ${cooldown.after} refusals shut the bucket, and this would be one`]
  })
}

function circuitWarnings({ upstream }: Route, live: Pick<LiveGate, 'circuits'> | null): string[] {
  const state = live?.circuits.find(({ name }) => name === upstream.name)?.state
  return state === 'open' ? [`the circuit of ${upstream.name} is open: the reply is 503 circuit_open`] : []
}
