import type { Outline, OutlineKey } from '../config/outline.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import { comparingKeyLimits } from './key-limits.ts'
import type { Together } from './together.ts'
import { between, listed, quoted } from './words.ts'

/** What keys are compared in. */
export interface KeyScene {
  readonly before: Outline
  readonly after: Outline
  /** Routes that are the same under another id: the old id to the new one. */
  readonly renamed: ReadonlyMap<string, string>
  readonly together: Together
  /** Epoch milliseconds. */
  readonly nowMs: number
}

/** A key, and what is different about it. `isGone`: it is in the old policy only. */
export interface KeyFinding {
  readonly id: string
  readonly isGone: boolean
  readonly finding: Finding
}

/** Changes of keys, told by id. */
export function compareKeys(scene: KeyScene): KeyFinding[] {
  const { before, after, nowMs } = scene
  const old = new Map(before.keys.map((key) => [key.id, key]))
  const now = new Map(after.keys.map((key) => [key.id, key]))
  const compare = comparing(scene)
  const found: KeyFinding[] = []
  for (const key of after.keys) {
    const was = old.get(key.id)
    const findings = was === undefined ? [added(key, nowMs)] : compare(was, key)
    found.push(...findings.map((one) => ({ id: key.id, isGone: false, finding: one })))
  }
  for (const key of before.keys) {
    if (!now.has(key.id)) found.push({ id: key.id, isGone: true, finding: gone(key, nowMs) })
  }
  return found
}

function isSpare({ revoked, expiresMs }: OutlineKey, nowMs: number): boolean {
  return revoked || (expiresMs !== null && expiresMs <= nowMs)
}

function added(key: OutlineKey, nowMs: number): Finding {
  if (isSpare(key, nowMs)) return finding('key-spare-added', 'is new, but revoked or expired')
  const org = key.org === '' ? '' : ` for ${quoted(key.org)}`
  const scopes = key.scopes.length === 0 ? ' without scopes' : ` with ${listed(key.scopes)}`
  return finding('key-added', `is new${org}${scopes}`)
}

function gone(key: OutlineKey, nowMs: number): Finding {
  if (isSpare(key, nowMs)) return finding('key-spare-gone', 'is gone; it was revoked or expired')
  return finding('key-gone', 'is gone')
}

function comparing(scene: KeyScene): (before: OutlineKey, after: OutlineKey) => Finding[] {
  const compareLimits = comparingKeyLimits(scene)
  const compareOrg = comparingOrgs(scene)
  return function compareKey(before, after) {
    return [
      ...(before.hash === after.hash ? [] : [finding('key-replaced', 'another secret is good for it', HASH)]),
      ...compareLife(before, after),
      ...names(['key-scopes-added', 'key-scopes-gone'], 'scopes', before.scopes, after.scopes),
      ...names(['key-roles-added', 'key-roles-gone'], 'roles', before.roles, after.roles),
      ...compareRoutes(scene.renamed, before, after),
      ...compareOrg(before, after),
      ...compareLimits(before, after),
      ...(before.subject === after.subject
        ? []
        : [finding('key-subject-changed', `speaks for ${quoted(after.subject)}`, ['subject'])]),
    ]
  }
}

const HASH = ['hash']

function compareLife(before: OutlineKey, after: OutlineKey): Finding[] {
  const found: Finding[] = []
  if (before.revoked && !after.revoked)
    found.push(finding('key-unrevoked', 'is no longer revoked', ['revoked']))
  if (!before.revoked && after.revoked) found.push(finding('key-revoked', 'is revoked', ['revoked']))
  const [was, is] = [endOf(before), endOf(after)]
  const until = after.expiresMs === null ? 'never expires' : `expires ${dayOf(after.expiresMs)}`
  const then = before.expiresMs === null ? 'never' : dayOf(before.expiresMs)
  const what = `${until}, before ${then}`
  if (is > was) found.push(finding('key-expires-later', what, ['expires']))
  if (is < was) found.push(finding('key-expires-earlier', what, ['expires']))
  return found
}

function endOf({ expiresMs }: OutlineKey): number {
  return expiresMs ?? Number.POSITIVE_INFINITY
}

function dayOf(ms: number): string {
  const text = new Date(ms).toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 'YYYY-MM-DD'.length) : text
}

function names(
  [more, less]: readonly [Code, Code],
  what: string,
  before: readonly string[],
  after: readonly string[],
): Finding[] {
  const { added: fresh, gone: missing } = between(before, after)
  return [
    ...(fresh.length > 0 ? [finding(more, `has the ${what} ${listed(fresh)} in addition`, [what])] : []),
    ...(missing.length > 0 ? [finding(less, `no longer has the ${what} ${listed(missing)}`, [what])] : []),
  ]
}

function compareRoutes(renamed: KeyScene['renamed'], before: OutlineKey, after: OutlineKey): Finding[] {
  const was = before.routes?.map((id) => renamed.get(id) ?? id) ?? null
  const is = after.routes
  if (was === null && is === null) return []
  if (is === null) return [finding('key-routes-wider', 'is good for all routes that accept keys', ['routes'])]
  if (was === null) return [finding('key-routes-narrower', `is only good for ${listed(is)}`, ['routes'])]
  const { added: fresh, gone: missing } = between(was, is)
  return [
    ...(fresh.length > 0
      ? [finding('key-routes-wider', `is good for ${listed(fresh)}, too`, ['routes'])]
      : []),
    ...(missing.length > 0
      ? [finding('key-routes-narrower', `is no longer good for ${listed(missing)}`, ['routes'])]
      : []),
  ]
}

/** An organisation lets a key in where `allow.orgs` names it. */
function comparingOrgs({ after: { routes } }: KeyScene) {
  const lists = routes.flatMap(({ allow }) => (allow.orgs === null ? [] : [new Set(allow.orgs)]))
  return (before: OutlineKey, after: OutlineKey): Finding[] => {
    if (before.org === after.org) return []
    const isWider = lists.some((orgs) => orgs.has(after.org) && !orgs.has(before.org))
    const name = (org: string) => (org === '' ? 'none' : quoted(org))
    const what = `belongs to ${name(after.org)}, before to ${name(before.org)}`
    return [finding(isWider ? 'key-org-wider' : 'key-org-changed', what, ['org'])]
  }
}
