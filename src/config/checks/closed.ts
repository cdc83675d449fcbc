import type { KeyEntry } from '../../policies/key/table.ts'
import type { ScopesSettings } from '../../policies/scopes/schema.ts'
import type { OutlineRoute } from '../outline-route.ts'
import { askedBy, isMetBy } from './good-keys.ts'

/** Keys held against what routes ask; behind it nothing is said: a hostile file costs no more than a large one. */
const MAX_HELD_AGAINST = 5_000_000

/** The routes that none of the keys passes; none when that takes too long to find out. */
export function closedTo(
  keys: readonly KeyEntry[],
  asking: readonly OutlineRoute[],
): readonly OutlineRoute[] {
  const closed = new Map(asking.map((route) => [route.id, route]))
  const budget = { left: MAX_HELD_AGAINST }
  for (const key of keys) openOwn(key, closed, budget)
  const everywhere = new Holders(keys.filter(({ routes }) => routes === null))
  for (const { asked, routes } of doorsOf([...closed.values()])) {
    if (everywhere.has(asked, budget)) for (const { id } of routes) closed.delete(id)
  }
  return budget.left < 0 ? [] : [...closed.values()]
}

interface Budget {
  left: number
}

/** Takes away the routes that a key names and passes. */
function openOwn(key: KeyEntry, closed: Map<string, OutlineRoute>, budget: Budget): void {
  for (const id of key.routes ?? []) {
    if (--budget.left < 0) return
    const route = closed.get(id)
    if (route !== undefined && isMetBy(key, askedBy(route))) closed.delete(id)
  }
}

/** Routes that ask for the same. */
interface Door {
  readonly asked: ScopesSettings
  readonly routes: readonly OutlineRoute[]
}

function doorsOf(routes: readonly OutlineRoute[]): Door[] {
  const byText = Map.groupBy(routes, ({ allow }) => JSON.stringify(allow))
  return [...byText.values()].map((same) => ({ asked: askedBy(same[0] as OutlineRoute), routes: same }))
}

type Index = ReadonlyMap<string, readonly KeyEntry[]>

/** Keys by what they have: of a hundred thousand only a few are worth a closer look. */
class Holders {
  readonly #all: readonly KeyEntry[]
  readonly #scopes: Index
  readonly #roles: Index
  readonly #orgs: Index

  constructor(keys: readonly KeyEntry[]) {
    this.#all = keys
    this.#scopes = indexOf(keys, ({ scopes }) => scopes)
    this.#roles = indexOf(keys, ({ roles }) => roles)
    this.#orgs = indexOf(keys, ({ org }) => [org])
  }

  /** Whether one key has all that is asked for. */
  has(asked: ScopesSettings, budget: Budget): boolean {
    for (const some of this.#likely(asked)) {
      for (const key of some) {
        if (--budget.left < 0) return false
        if (isMetBy(key, asked)) return true
      }
    }
    return false
  }

  /** Those that have a part of it, without which nobody has all. */
  #likely({ scopes, any_scope, roles, orgs }: ScopesSettings): (readonly KeyEntry[])[] {
    const of = (index: Index, names: readonly string[]) => names.map((name) => index.get(name) ?? [])
    if (scopes !== undefined) return of(this.#scopes, scopes.slice(0, 1))
    if (any_scope !== undefined) return of(this.#scopes, any_scope)
    if (roles !== undefined) return of(this.#roles, roles)
    return orgs === undefined ? [this.#all] : of(this.#orgs, orgs)
  }
}

function indexOf(keys: readonly KeyEntry[], namesOf: (key: KeyEntry) => readonly string[]): Index {
  const index = new Map<string, KeyEntry[]>()
  for (const key of keys) {
    for (const name of namesOf(key)) {
      const known = index.get(name)
      if (known === undefined) index.set(name, [key])
      else known.push(key)
    }
  }
  return index
}
