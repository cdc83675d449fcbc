import type { Outline, Outlined, OutlineKey } from '../config/outline.ts'
import { type Change, type Finding, finding, type Kind, type Severity } from './change.ts'
import { CHANGE_CODES, type Code } from './codes.ts'
import { compareKeys, type KeyFinding, type KeyScene } from './keys.ts'
import { compareFirstStore, compareLimit } from './limits.ts'
import { type Place, placeOfRoute } from './places.ts'
import { compareRoutes } from './routes.ts'
import { compareSettings } from './settings.ts'
import { compareAuthenticator, compareUpstream, usedNames } from './upstreams.ts'

export type Good = Outlined & { readonly outline: Outline }

/** So many keys with the same kind of change are told one by one; more as one change. */
const MAX_KEYS_TOLD = 20
const MAX_NAMES = 100
const ORDER: readonly Severity[] = ['more_open', 'more_closed', 'other']

/**
 * What the new policy does that the old one does not, and the other way round. Two files that do the same have no
 * differences, however they are written.
 * @param nowMs epoch milliseconds: keys that have expired count for nothing
 * @param maxRequests of how many requests it is asked, at most, which routes serve them
 */
export function diff(before: Good, after: Good, nowMs: number, maxRequests?: number): readonly Change[] {
  const changes = new Changes()
  const [old, now] = [before.outline, after.outline]
  const { findings, everywhere, isCut, ...routes } = compareRoutes(before, after, maxRequests)
  if (isCut) changes.add('policy', '', CUT, after.at(['routes']))
  for (const one of findings) {
    const name = (one.after ?? one.before)?.id ?? ''
    changes.add('route', name, one.finding, placeOfRoute(before, after, one))
  }
  for (const one of [...compareSettings(before, after), ...everywhere]) {
    changes.add('policy', '', one, sideOf(before, after, one).at(one.path ?? []))
  }
  addNamed(changes, before, after)
  addKeys(changes, before, after, { before: old, after: now, ...routes, nowMs })
  return changes.list()
}

const CUT = finding(
  'routes-uncompared',
  'the patterns of too many routes cross: not all of them were compared',
)

/** Settings that are gone stand in the old file only. */
function sideOf(before: Good, after: Good, { path: [key] = [] }: Finding): Good {
  return key !== undefined && !after.has([key]) && before.has([key]) ? before : after
}

/** Limits, upstreams and authenticators that both policies use under one name. */
function addNamed(changes: Changes, { outline: old }: Good, after: Good): void {
  const { outline: now } = after
  const [was, is] = [usedNames(old), usedNames(now)]
  const hasStore = { before: old.settings.redis !== null, after: now.settings.redis !== null }
  const tell = (kind: Kind, section: Section, compare: (name: string) => Finding[]) => {
    for (const name of was[section].intersection(is[section])) {
      if (old[section][name] === undefined || now[section][name] === undefined) continue
      for (const one of compare(name)) {
        changes.add(kind, name, one, after.at([section, name, ...(one.path ?? [])]))
      }
    }
  }
  const both = <S extends Section>(section: S, name: string) =>
    [old[section][name], now[section][name]] as [Outline[S][string], Outline[S][string]]
  tell('limit', 'limits', (name) => compareLimit(...both('limits', name), hasStore))
  if (hasStore.after && !hasStore.before) addFirstStore(changes, is.limits, after)
  tell('upstream', 'upstreams', (name) => compareUpstream(...both('upstreams', name)))
  tell('authenticator', 'authenticators', (name) => compareAuthenticator(...both('authenticators', name)))
}

/** Also of limits that are new or have another name: they may stand for one that was exact. */
function addFirstStore(changes: Changes, used: ReadonlySet<string>, after: Good): void {
  for (const name of used) {
    const limit = after.outline.limits[name]
    if (limit === undefined) continue
    for (const one of compareFirstStore(limit)) {
      changes.add('limit', name, one, after.at(['limits', name, ...(one.path ?? [])]))
    }
  }
}

type Section = 'limits' | 'upstreams' | 'authenticators'

function addKeys(changes: Changes, before: Good, after: Good, scene: KeyScene): void {
  const byCode = Map.groupBy(compareKeys(scene), ({ finding }) => finding.code)
  const placeOf = keyPlaces(before, after)
  for (const [code, found] of byCode) {
    if (found.length > MAX_KEYS_TOLD) changes.addMany(code, found, placeOf)
    else for (const one of found) changes.add('key', one.id, one.finding, placeOf(one))
  }
}

function keyPlaces(before: Good, after: Good): (found: KeyFinding) => Place {
  const byId = ({ outline }: Good): ReadonlyMap<string, OutlineKey> =>
    new Map(outline.keys.map((key) => [key.id, key]))
  const sides = [
    [before, byId(before)],
    [after, byId(after)],
  ] as const
  return ({ id, isGone, finding }) => {
    const [side, keys] = sides[isGone ? 0 : 1]
    const index = keys.get(id)?.index ?? null
    return side.at(index === null ? ['key_files'] : ['keys', index, ...(finding.path ?? [])])
  }
}

/** Changes, where those that say the same of several things at one place are one. */
class Changes {
  readonly #found = new Map<string, { names: Set<string>; change: Omit<Change, 'names' | 'count'> }>()

  add(kind: Kind, name: string, { code, sentence }: Finding, { file, line, col }: Place): void {
    const key = JSON.stringify([kind, code, sentence, file, line, col])
    const severity = CHANGE_CODES[code].severity
    const change = { code, severity, kind, sentence, file, line, col }
    const known = this.#found.get(key) ?? { names: new Set<string>(), change }
    known.names.add(name)
    this.#found.set(key, known)
  }

  /** One change for many keys, at the place of the first. */
  addMany(code: Code, found: readonly KeyFinding[], placeOf: (found: KeyFinding) => Place): void {
    const [first] = found
    if (first === undefined) return
    const { file, line, col } = placeOf(first)
    const { severity, meaning } = CHANGE_CODES[code]
    const sentence = `${found.length} keys alike: ${meaning.charAt(0).toLowerCase()}${meaning.slice(1, -1)}`
    const change = { code, severity, kind: 'key', sentence, file, line, col } as const
    this.#found.set(`many ${code}`, { names: new Set(found.map(({ id }) => id)), change })
  }

  /** What opens first, then by place. */
  list(): readonly Change[] {
    const all = [...this.#found.values()].map(({ names, change }): Change => {
      const { code, severity, kind, ...rest } = change
      return { code, severity, kind, names: [...names].slice(0, MAX_NAMES), count: names.size, ...rest }
    })
    return all.sort((a, b) => rankOf(a) - rankOf(b) || byPlace(a, b))
  }
}

function rankOf({ severity }: Change): number {
  return ORDER.indexOf(severity)
}

function byPlace(a: Change, b: Change): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.col - b.col
}
