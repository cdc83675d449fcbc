import type { KeyEntry } from '../../policies/key/table.ts'
import type { ScopesSettings } from '../../policies/scopes/schema.ts'
import type { OutlineRoute } from '../outline-route.ts'
import type { Path } from '../yaml-values.ts'
import type { NoticeCode } from './codes.ts'
import { askedBy, isMetBy, isOver, isPlaceholder } from './good-keys.ts'
import type { Finding, PolicyCheck, Subject } from './subject.ts'

const ANYBODY = 'none'
/** Keys of key files have no place in the policy, so they share one. */
const MAX_OF_FILES = 5

/** Keys that nobody has: their hash is yet to be written. */
export const keysOfNobody: PolicyCheck = function* keysOfNobody(subject) {
  const teller = new Teller('key-placeholder', placesOf(subject))
  for (const key of subject.keys.byId.values()) {
    if (isOver(key, subject) || !isPlaceholder(key)) continue
    yield* teller.tell(key.id, 'has a placeholder for its hash: nobody can have such a key', 'hash')
  }
  yield* teller.rest('have a placeholder for their hash')
}

/** Keys that will soon be refused, and keys that nobody can use. */
export const keysOfNoUse: PolicyCheck = function* keysOfNoUse(subject) {
  const doors = new Doors(subject.routes)
  const places = placesOf(subject)
  const tellers = {
    soon: new Teller('key-expires-soon', places),
    nowhere: new Teller('key-without-route', places),
  }
  const untilMs = subject.nowMs + subject.expiresWithinMs
  for (const key of subject.keys.byId.values()) {
    if (isOver(key, subject)) continue
    const day = key.expiresMs !== null && key.expiresMs <= untilMs ? dayOf(key.expiresMs) : null
    if (day !== null) yield* tellers.soon.tell(key.id, `expires on ${day}`, 'expires')
    if (!doors.open(key)) yield* tellers.nowhere.tell(key.id, whyNowhere(key), whereNowhere(key))
  }
  yield* tellers.soon.rest('expire soon')
  yield* tellers.nowhere.rest('are accepted by no route')
}

function placesOf({ sections }: Subject): ReadonlyMap<string | undefined, number> {
  return new Map(sections.listed.keys.map((key, index) => [key?.id, index]))
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

function whyNowhere({ routes }: KeyEntry): string {
  return routes === null ? 'is accepted by no route' : 'is accepted by none of its `routes`'
}

function whereNowhere({ routes }: KeyEntry): string {
  return routes === null ? 'id' : 'routes'
}

/** What routes that take keys ask of them; most ask the same. */
class Doors {
  readonly #byRoute: ReadonlyMap<string, ScopesSettings>
  readonly #distinct: readonly ScopesSettings[]

  constructor(routes: readonly OutlineRoute[]) {
    const taking = routes.filter(({ auth }) => auth.some((name) => name !== ANYBODY))
    const known = new Map<string, ScopesSettings>()
    const one = (route: OutlineRoute): ScopesSettings => {
      const text = JSON.stringify(route.allow)
      const allow = known.get(text) ?? askedBy(route)
      known.set(text, allow)
      return allow
    }
    this.#byRoute = new Map(taking.map((route) => [route.id, one(route)]))
    this.#distinct = [...known.values()]
  }

  /** Whether one of them lets the key in. */
  open(key: KeyEntry): boolean {
    const asked =
      key.routes === null ? this.#distinct : [...key.routes].flatMap((id) => this.#byRoute.get(id) ?? [])
    return asked.some((allow) => isMetBy(key, allow))
  }
}

/** Tells of each key in the policy by itself, and of those in key files a few and their number. */
class Teller {
  readonly #code: NoticeCode
  readonly #places: ReadonlyMap<string | undefined, number>
  #ofFiles = 0

  constructor(code: NoticeCode, places: ReadonlyMap<string | undefined, number>) {
    this.#code = code
    this.#places = places
  }

  *tell(id: string, what: string, setting: string): Generator<Finding> {
    const index = this.#places.get(id)
    if (index === undefined && ++this.#ofFiles > MAX_OF_FILES) return
    const path: Path = index === undefined ? ['key_files'] : ['keys', index, setting]
    yield { code: this.#code, path, message: `the key \`${id}\` ${what}` }
  }

  *rest(what: string): Generator<Finding> {
    const more = this.#ofFiles - MAX_OF_FILES
    if (more > 0) yield { code: this.#code, path: ['key_files'], message: `${more} more keys ${what}` }
  }
}
