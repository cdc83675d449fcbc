import type { Facts } from './facts.ts'
import type { Charged } from './limits.ts'
import { matchRoute } from './match.ts'
import type { Context, Decision, NamedCheck, Permit, Policy, Route, TrailLine } from './policy.ts'
import type { Ports } from './ports.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import type { Learned, Refuse, Reply, Verdict } from './verdict.ts'
import { refuse } from './verdict.ts'

/**
 * Judges one request. Pure but for its ports; the live gate, explanations, replays and policy tests all call this.
 * It never throws: whatever a check throws is a refusal with `internal`.
 * @returns at once when no check had to wait, which is the usual case on the request path
 */
export function decide(policy: Policy, facts: Facts, ports: Ports): Decision | Promise<Decision> {
  const match = matchRoute(policy, facts)
  const deciding = new Deciding(policy.hash, facts, match.route)
  if (match.refusal !== null) return deciding.refuseAt('match', match.refusal)
  return ask(deciding as Matched, 0, ports)
}

function ask(deciding: Matched, from: number, ports: Ports): Decision | Promise<Decision> {
  const { checks } = deciding.route
  for (let i = from; i < checks.length; i++) {
    const check = checks[i] as NamedCheck
    const verdict = run(check, deciding, ports)
    if (verdict instanceof Promise) return askLater(deciding, i, verdict, ports)
    if (deciding.take(check.name, verdict)) return deciding
  }
  return deciding.forward()
}

async function askLater(
  deciding: Matched,
  index: number,
  pending: Promise<Verdict>,
  ports: Ports,
): Promise<Decision> {
  const check = deciding.route.checks[index] as NamedCheck
  const verdict = await pending.catch(failed)
  if (deciding.take(check.name, verdict)) return deciding
  return ask(deciding, index + 1, ports)
}

function run(check: NamedCheck, context: Context, ports: Ports): Verdict | Promise<Verdict> {
  try {
    return check.run(context, ports)
  } catch (error) {
    return failed(error)
  }
}

/** A check that breaks must not be a way in. */
function failed(error: unknown): Refuse {
  return refuse('internal', error instanceof Error ? (error.stack ?? error.message) : thrown(error))
}

/** Not every value can be made a text: `String(Object.create(null))` throws. */
function thrown(value: unknown): string {
  return typeof value === 'string' ? value : `a check threw a value of type ${typeof value}`
}

const NOTHING: readonly never[] = Object.freeze([])

/** One line per check for the common case, so that a pass allocates nothing. */
const passLines = new Map<string, TrailLine>()
const skipLines = new Map<string, TrailLine>()

function plainLine(lines: Map<string, TrailLine>, check: string, verdict: 'pass' | 'skip'): TrailLine {
  const known = lines.get(check)
  if (known !== undefined) return known
  const line = Object.freeze({ check, verdict })
  lines.set(check, line)
  return line
}

/** A decision while it is being made; afterwards it is only read. */
class Deciding implements Decision {
  readonly policyHash: string
  readonly facts: Facts
  readonly route: Route | null
  outcome: Decision['outcome'] = 'refuse'
  readonly trail: TrailLine[] = []
  principal: Principal = ANONYMOUS
  refusal: Refuse | null = null
  reply: Reply | null = null
  charged: readonly Charged[] = NOTHING
  warnings: readonly string[] = NOTHING
  replyFields: readonly string[] = NOTHING
  upstreamFields: readonly string[] = NOTHING
  maxBodyBytes: number | null = null
  permit: Permit | null = null

  constructor(policyHash: string, facts: Facts, route: Route | null) {
    this.policyHash = policyHash
    this.facts = facts
    this.route = route
  }

  /** @returns whether the decision is made */
  take(check: string, verdict: Verdict): boolean {
    switch (verdict.kind) {
      case 'pass':
        this.#pass(check, verdict.learned)
        return false
      case 'skip':
        this.trail.push(plainLine(skipLines, check, 'skip'))
        return false
      case 'answer':
        this.trail.push({ check, verdict: 'answer' })
        this.outcome = 'answer'
        this.reply = verdict.reply
        return true
      case 'refuse':
        return this.#refuse(check, verdict)
    }
  }

  refuseAt(check: string, refusal: Refuse): Decision {
    this.trail.push({ check, verdict: 'refuse', code: refusal.code, note: refusal.why })
    this.outcome = 'refuse'
    this.refusal = refusal
    return this
  }

  forward(): Decision {
    this.outcome = 'forward'
    this.permit = { decision: this } as unknown as Permit
    return this
  }

  #pass(check: string, learned: Learned | null): void {
    if (learned === null) {
      this.trail.push(plainLine(passLines, check, 'pass'))
      return
    }
    const { principal, charged, replyHeaders, upstreamHeaders, maxBodyBytes, note } = learned
    if (learned.warnings !== undefined) this.warnings = joined(this.warnings, learned.warnings)
    if (principal !== undefined) this.principal = principal
    if (charged !== undefined) this.charged = joined(this.charged, charged)
    if (replyHeaders !== undefined) this.replyFields = joined(this.replyFields, replyHeaders)
    if (upstreamHeaders !== undefined) this.upstreamFields = joined(this.upstreamFields, upstreamHeaders)
    if (maxBodyBytes !== undefined) this.maxBodyBytes = maxBodyBytes
    this.trail.push(
      note === undefined ? plainLine(passLines, check, 'pass') : { check, verdict: 'pass', note },
    )
  }

  /** In report mode a refusal is written down and the asking goes on; our own failure still refuses. */
  #refuse(check: string, refusal: Refuse): boolean {
    if (this.route?.mode !== 'report' || refusal.code === 'internal') {
      this.refuseAt(check, refusal)
      return true
    }
    this.trail.push({ check, verdict: 'report', code: refusal.code, note: refusal.why })
    return false
  }
}

/** A decision about a request that has a route: the only kind that asks checks. */
type Matched = Deciding & { readonly route: Route }

function joined<T>(before: readonly T[], more: readonly T[]): readonly T[] {
  return before.length === 0 ? more : [...before, ...more]
}
