import { isReported } from '../core/mode.ts'
import type { Decision, ModeName, Reporting } from '../core/policy.ts'
import type { Part, PolicyModule } from '../policies/define.ts'
import { POLICIES } from '../policies/index.ts'
import type { Draft } from './draft.ts'
import { REPORTABLE, type RouteShared } from './schema-route.ts'
import type { Path } from './yaml-values.ts'

/** A route's settings, its own or those of the defaults, and where each stands. */
export interface ModeSettings {
  get<K extends 'mode' | 'enforce'>(key: K): RouteShared[K]
  at(key: 'mode' | 'enforce'): Path
}

/** What of a route is only reported; null: nothing, to nobody. */
export type Reported = Pick<Reporting, 'checks' | 'enforcedPercent'> | null

const EVERY_CHECK: ReadonlySet<string> = new Set(REPORTABLE.map(({ name }) => name))
const ALL = 100

/** What `mode` and `enforce` come to; the file's own `mode: report` goes before both. */
export function reportedOf(file: ModeName | undefined, settings: ModeSettings, draft: Draft): Reported {
  if (file === 'report') return { checks: EVERY_CHECK, enforcedPercent: 0 }
  const mode = settings.get('mode')
  const share = shareIn(settings)
  if (mode === 'enforce' && share !== undefined) tellContradiction(share, settings, draft)
  const checks =
    share === undefined ? namedBy(mode ?? 'enforce') : namedBy(mode === 'enforce' ? undefined : mode)
  const enforcedPercent = share ?? 0
  return checks.size === 0 || enforcedPercent === ALL ? null : { checks, enforcedPercent }
}

/** A route's own `mode` goes before the defaults' `enforce`. */
function shareIn(settings: ModeSettings): number | undefined {
  const isOverruled =
    settings.get('mode') !== undefined && isOwn(settings.at('mode')) && !isOwn(settings.at('enforce'))
  return isOverruled ? undefined : settings.get('enforce')
}

function tellContradiction(share: number, settings: ModeSettings, draft: Draft): void {
  const at = settings.at('enforce')
  if (share === ALL || isOwn(settings.at('mode')) !== isOwn(at)) return
  draft.error(at, '`mode: enforce` is for everybody, so there is no share to enforce', 'leave out `mode`')
}

/** `undefined`: a share alone is one of every check. */
function namedBy(mode: RouteShared['mode']): ReadonlySet<string> {
  if (mode === 'enforce') return NO_CHECK
  if (mode === undefined || mode === 'report') return EVERY_CHECK
  return new Set(REPORTABLE.flatMap(({ key, name }) => (mode[key] === 'report' ? name : [])))
}

const NO_CHECK: ReadonlySet<string> = new Set()
const isOwn = ([section]: Path): boolean => section === 'routes'

export function modeNameOf(reported: Reported): ModeName {
  if (reported === null) return 'enforce'
  return reported.enforcedPercent === 0 && reported.checks.size === EVERY_CHECK.size ? 'report' : 'partly'
}

/** Whether there is somebody to whom the reported checks are enforced. */
export function hasShare(reported: Reported): boolean {
  return reported !== null && reported.enforcedPercent > 0
}

/** The same parts, in the order of POLICIES, where those whose checks report add nothing to the reply. */
export function quietParts(parts: readonly Part[], reported: Reported): readonly Part[] {
  if (reported === null) return parts
  return parts.map((part, i) => quietPart(part, (POLICIES[i] as PolicyModule).name, reported))
}

function quietPart(part: Part, name: string, reported: NonNullable<Reported>): Part {
  if (!reported.checks.has(name)) return part
  const { reply: _, decisionFields, ...rest } = part
  if (decisionFields === undefined || reported.enforcedPercent === 0) return rest
  return { ...rest, decisionFields: unlessReported(name, decisionFields) }
}

const NO_FIELDS: readonly string[] = Object.freeze([])

function unlessReported(check: string, fieldsOf: NonNullable<Part['decisionFields']>) {
  return (decision: Decision): readonly string[] => {
    const { route } = decision
    return route !== null && isReported(route, check, decision) ? NO_FIELDS : fieldsOf(decision)
  }
}
