import type { Facts } from './facts.ts'
import type { Charged } from './limits.ts'
import { matchRoute } from './match.ts'
import { isReported } from './mode.ts'
import type { Context, Decision, NamedCheck, Permit, Policy, Route, TrailLine } from './policy.ts'
import type { Ports } from './ports.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import type { Learned, Refuse, Reply, Verdict } from './verdict.ts'
import { refuse, SKIP } from './verdict.ts'

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
  for (let i = from; i < deciding.checks.length; i++) {
    const check = deciding.checks[i] as NamedCheck
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
  const check = deciding.checks[index] as NamedCheck
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

function refusedLine(check: string, verdict: 'refuse' | 'report', refusal: Refuse): TrailLine {
  const { code, why: note, credential } = refusal
  return credential === undefined
    ? { check, verdict, code, note }
    : { check, verdict, code, note, credential }
}

/** A decision while it is being made; afterwards it is only read. */
class Deciding implements Decision {
  readonly policyHash: string
  readonly facts: Facts
  readonly route: Route | null
  /** What is asked of this request, in order. */
  checks: readonly NamedCheck[]
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
    this.checks = route === null ? NOTHING : route.checks
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
        return this.#answer(check, verdict.reply)
      case 'refuse':
        return this.#refuse(check, verdict)
    }
  }

  refuseAt(check: string, refusal: Refuse): Decision {
    this.trail.push(refusedLine(check, 'refuse', refusal))
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
    if (replyHeaders !== undefined && !this.#isReported(check))
      this.replyFields = joined(this.replyFields, replyHeaders)
    if (upstreamHeaders !== undefined) this.upstreamFields = joined(this.upstreamFields, upstreamHeaders)
    if (maxBodyBytes !== undefined && !this.#isReported(check)) this.maxBodyBytes = maxBodyBytes
    this.trail.push(
      note === undefined ? plainLine(passLines, check, 'pass') : { check, verdict: 'pass', note },
    )
  }

  /** Where the check only reports, its refusal is written down and the asking goes on; our own failure still refuses. */
  #refuse(check: string, refusal: Refuse): boolean {
    if (refusal.code === 'internal' || !this.#isReported(check)) {
      this.refuseAt(check, refusal)
      return true
    }
    this.trail.push(refusedLine(check, 'report', refusal))
    return false
  }

  #answer(check: string, reply: Reply): boolean {
    if (this.#isReported(check)) {
      this.trail.push({ check, verdict: 'skip', note: 'report mode: not answered here' })
      this.#skipReported()
      return false
    }
    this.trail.push({ check, verdict: 'answer' })
    this.outcome = 'answer'
    this.reply = reply
    return true
  }

  /** Had the check answered, no other one would have been asked: one that would refuse now would tell a lie. */
  #skipReported(): void {
    this.checks = this.checks.map(({ name, run }) => ({
      name,
      run: (context, ports) => (this.#isReported(name) ? SKIP : run(context, ports)),
    }))
  }

  #isReported(check: string): boolean {
    return this.route !== null && isReported(this.route, check, this)
  }
}

/** A decision about a request that has a route: the only kind that asks checks. */
type Matched = Deciding & { readonly route: Route }

function joined<T>(before: readonly T[], more: readonly T[]): readonly T[] {
  return before.length === 0 ? more : [...before, ...more]
}
