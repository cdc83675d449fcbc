import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import { explain } from '../../src/explain/explain.ts'
import type { Explanation } from '../../src/explain/explanation.ts'
import { askedOf, type RequestQuestion } from '../../src/explain/question.ts'
import type { LiveGate, World } from '../../src/explain/world.ts'

/** What a policy of these tests is compiled to, as an explanation needs it. */
export function worldOf(text: string, env: Readonly<Record<string, string>> = {}): World {
  const compiled = compile(text, { file: 'p.yaml', readText: () => '', env, nowMs: Date.now() })
  if (compiled.policy === null) throw new Error(compiled.problems.map(formatProblem).join('\n'))
  return { ...compiled, live: null }
}

/** The same beside counters that count. */
export function liveWorld(world: World, counters: LiveGate['counters'], more: Partial<LiveGate> = {}): World {
  return {
    ...world,
    live: { counters, countedIn: () => 'process', isStoreDown: false, circuits: [], ...more },
  }
}

export const memory = (): ConcurrentCounters => new ConcurrentCounters(new MemoryCounters())

export function ask(world: World, question: RequestQuestion, nowMs = Date.now()): Promise<Explanation> {
  return explain(askedOf(question, world.policy, nowMs), world)
}
