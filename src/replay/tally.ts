import type { AuditLine } from './line.ts'
import { isLetThrough, type Outcome } from './outcome.ts'
import type { Affected, ChangeGroup, Count } from './result.ts'

/** A decision that is not the same any more. */
export interface Changed {
  readonly line: AuditLine
  readonly newRoute: string | null
  readonly was: Outcome
  readonly wouldBe: Outcome
}

const MAX_GROUPS = 1000
const MAX_EXAMPLES = 5
/** Names in each list of a group, and all names that are counted; whoever comes later is left out. */
const MAX_NAMES = 100
const MAX_DIFFERENT = 100_000

/** Counts by name, as many names as there is room for. */
class Counts {
  readonly #counts = new Map<string, number>()
  readonly #maxNames: number
  #isCut = false

  constructor(maxNames: number) {
    this.#maxNames = maxNames
  }

  get size(): number {
    return this.#counts.size
  }

  /** There was no room for some name. */
  get isCut(): boolean {
    return this.#isCut
  }

  add(name: string): void {
    if (name === '') return
    const count = this.#counts.get(name)
    if (count === undefined && this.#counts.size >= this.#maxNames) this.#isCut = true
    else this.#counts.set(name, (count ?? 0) + 1)
  }

  list(): Count[] {
    const counts = [...this.#counts].map(([name, requests]) => ({ name, requests }))
    return counts.sort((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1))
  }
}

const AFFECTED = ['keys', 'orgs', 'clients'] as const

/** Requests, and who sent them. */
class Senders {
  requests = 0
  readonly keys: Counts
  readonly orgs: Counts
  readonly clients: Counts

  constructor(maxNames: number) {
    this.keys = new Counts(maxNames)
    this.orgs = new Counts(maxNames)
    this.clients = new Counts(maxNames)
  }

  add({ principal, basis, client }: AuditLine): void {
    this.requests += 1
    this.keys.add(principal.keyId === '' ? keyOf(basis?.shown) : principal.keyId)
    this.orgs.add(principal.org)
    this.clients.add(client)
  }

  affected(): Affected {
    const { requests, keys, orgs, clients } = this
    const cut = AFFECTED.filter((who) => this[who].isCut)
    return { requests, keys: keys.size, orgs: orgs.size, clients: clients.size, at_least: cut }
  }
}

/** The id of a key that was refused. */
function keyOf(shown: string | null | undefined): string {
  return shown?.includes(':') === true ? shown.slice(shown.indexOf(':') + 1) : ''
}

/** Changes of one kind. */
class Group {
  readonly #change: ChangeGroup['change']
  readonly #first: Changed
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY
  readonly #senders = new Senders(MAX_NAMES)
  readonly #examples: string[] = []

  constructor(change: ChangeGroup['change'], first: Changed) {
    this.#change = change
    this.#first = first
  }

  add({ line }: Changed): void {
    this.#firstMs = Math.min(this.#firstMs, line.atMs)
    this.#lastMs = Math.max(this.#lastMs, line.atMs)
    this.#senders.add(line)
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push(line.id)
  }

  told(): ChangeGroup {
    const { line, newRoute, was, wouldBe } = this.#first
    const { requests, keys, orgs, clients } = this.#senders
    return {
      change: this.#change,
      route: line.route,
      new_route: newRoute,
      was,
      would_be: wouldBe,
      requests,
      keys: keys.list(),
      orgs: orgs.list(),
      clients: clients.list(),
      first: new Date(this.#firstMs).toISOString(),
      last: new Date(this.#lastMs).toISOString(),
      examples: this.#examples,
    }
  }
}

/** What changes, in groups; bounded, whatever the file holds. */
export class Tally {
  readonly #groups = new Map<string, Group>()
  readonly #all = {
    refused: new Senders(MAX_DIFFERENT),
    let_in: new Senders(MAX_DIFFERENT),
    other: new Senders(MAX_DIFFERENT),
  }
  #ungrouped = 0

  add(changed: Changed): void {
    const change = changeOf(changed)
    this.#all[change].add(changed.line)
    const group = this.#groupOf(change, changed)
    if (group === null) this.#ungrouped += 1
    else group.add(changed)
  }

  #groupOf(change: ChangeGroup['change'], changed: Changed): Group | null {
    const { line, newRoute, was, wouldBe } = changed
    const key = JSON.stringify([line.route, newRoute, was, wouldBe])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= MAX_GROUPS) return null
    const group = new Group(change, changed)
    this.#groups.set(key, group)
    return group
  }

  told() {
    const { refused, let_in: letIn, other } = this.#all
    const groups = [...this.#groups.values()].map((group) => group.told())
    return {
      changed: refused.requests + letIn.requests + other.requests,
      refused: refused.affected(),
      let_in: letIn.affected(),
      other: other.affected(),
      groups: groups.sort(byKindAndSize),
      ungrouped: this.#ungrouped,
    }
  }
}

function changeOf({ was, wouldBe }: Changed): ChangeGroup['change'] {
  if (isLetThrough(was) === isLetThrough(wouldBe)) return 'other'
  return isLetThrough(was) ? 'refused' : 'let_in'
}

const KINDS: readonly ChangeGroup['change'][] = ['refused', 'let_in', 'other']

function byKindAndSize(a: ChangeGroup, b: ChangeGroup): number {
  return KINDS.indexOf(a.change) - KINDS.indexOf(b.change) || b.requests - a.requests
}
