import type { ScriptMode } from './script.ts'

/** One call of the script. */
export interface ScriptCall {
  readonly mode: ScriptMode
  /** Epoch milliseconds that count; null is the clock of Redis. */
  readonly nowMs: number | null
  /** When the charge was taken that is given back; null otherwise. */
  readonly takenAtMs: number | null
  readonly charges: readonly ScriptCharge[]
}

export interface ScriptCharge {
  /** In Redis. */
  readonly key: string
  readonly cost: number
  /** The limit, see definition.ts. */
  readonly definition: string
}

/** Keys and arguments of one run for all the calls, as script.ts reads them. */
export function wordsOf(calls: readonly ScriptCall[]): (string | number)[] {
  const keys: string[] = []
  const limits = new Map<string, number>()
  const rest: (string | number)[] = []
  for (const { mode, nowMs, takenAtMs, charges } of calls) {
    rest.push(mode, nowMs ?? '', takenAtMs ?? '', charges.length)
    for (const { key, cost, definition } of charges) {
      keys.push(key)
      rest.push(cost, numberOf(definition, limits))
    }
  }
  return [keys.length, ...keys, limits.size, ...limits.keys(), ...rest]
}

/** Lua counts from one. */
function numberOf(definition: string, limits: Map<string, number>): number {
  const known = limits.get(definition)
  if (known !== undefined) return known
  limits.set(definition, limits.size + 1)
  return limits.size
}
