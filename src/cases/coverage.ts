import type { Code } from '../core/codes.ts'
import { Possible } from './possible.ts'
import type { Expect } from './schema-expect.ts'
import type { Seen } from './stage.ts'
import type { GoodPolicy } from './suite.ts'

/** One thing that a case can cover. */
export interface Item {
  readonly kind: 'route' | 'check' | 'refusal'
  /** `orders`, `orders: auth key_missing`, `key_missing` */
  readonly name: string
  readonly covered: boolean
  /** The case that would cover it. */
  readonly hint: string
}

/** What the cases have asserted of the policy. */
export interface Coverage {
  readonly items: readonly Item[]
  readonly covered: number
  readonly total: number
  /** 0..100, rounded down: 100 only when nothing is missing. */
  readonly percent: number
}

/** Notes what each case that was met has asserted. What nobody asserts is not covered, however often it happens. */
export class CoverageTally {
  readonly #possible: Possible
  readonly #routes = new Set<string>()
  /** A check of a route, and what it refused with. */
  readonly #checks = new Set<string>()
  readonly #codes = new Set<Code>()

  constructor(compiled: GoodPolicy) {
    this.#possible = new Possible(compiled)
  }

  /** @param expect of a case that was met */
  add(expect: Expect, seen: Seen): void {
    const codes = assertedCodes(expect)
    for (const code of codes) this.#codes.add(code)
    if (seen.route === null) return
    if (seen.outcome !== 'refuse' && assertsPassage(expect)) this.#routes.add(seen.route)
    for (const { index, code } of seen.refusing) {
      if (codes.has(code) || (code === seen.code && assertsRefusal(expect))) {
        this.#checks.add(placeOf(seen.route, index, code))
      }
    }
  }

  coverage(): Coverage {
    const items = [...this.#routeItems(), ...this.#checkItems(), ...this.#codeItems()]
    const covered = items.filter((item) => item.covered).length
    const percent = items.length === 0 ? 100 : Math.floor((covered / items.length) * 100)
    return { items, covered, total: items.length, percent }
  }

  #routeItems(): Item[] {
    return this.#possible.routes.map(({ id, pattern, methods }) => ({
      kind: 'route',
      name: id,
      covered: this.#routes.has(id),
      hint: `request: ${methods[0] ?? 'GET'} ${pattern}, expect: { route: ${id}, outcome: forward }`,
    }))
  }

  #checkItems(): Item[] {
    return this.#possible.routes.flatMap((route) =>
      this.#possible.checksOf(route).map(({ index, label, codes }) => ({
        kind: 'check' as const,
        name: `${route.id}: ${label}`,
        covered: codes.some((code) => this.#checks.has(placeOf(route.id, index, code))),
        hint: `expect: { route: ${route.id}, code: ${codes.join(' or ')} }`,
      })),
    )
  }

  #codeItems(): Item[] {
    return this.#possible.codes().map((code) => ({
      kind: 'refusal',
      name: code,
      covered: this.#codes.has(code),
      hint: `expect: { code: ${code} }`,
    }))
  }
}

function placeOf(routeId: string, index: number, code: Code): string {
  return `${routeId} ${index} ${code}`
}

function assertedCodes({ code, reported = [] }: Expect): ReadonlySet<Code> {
  return new Set(code == null ? reported : [code, ...reported])
}

const FIRST_REFUSAL = 400

function assertsPassage({ outcome, upstream, status }: Expect): boolean {
  if (outcome !== undefined) return outcome !== 'refuse'
  return upstream != null || (status !== undefined && status < FIRST_REFUSAL)
}

function assertsRefusal({ outcome, status = 0 }: Expect): boolean {
  return outcome === 'refuse' || status >= FIRST_REFUSAL
}
