import { addressBucket } from '../../core/address.ts'
import type { Dimension, Limit } from '../../core/limits.ts'
import type { Context } from '../../core/policy.ts'

/** What a bucket's key is made of. */
export interface Subject {
  readonly facts: Pick<Context['facts'], 'client'>
  readonly principal: Pick<Context['principal'], 'keyId' | 'org' | 'subject'>
  readonly route: Pick<Context['route'], 'id'>
}

/** What a bucket can be named by. */
export type BucketValue = Exclude<Dimension, 'global'>

type Piece = (subject: Subject) => string

/** A limit of a route, with the way to its bucket worked out. */
export interface Plan {
  readonly limit: Limit
  readonly keyOf: (subject: Subject) => string
  /** Where the request is counted, for the operator. */
  readonly bucketOf: (subject: Subject) => string
}

const BEFORE_AUTH: readonly Dimension[] = ['ip', 'route', 'global']

/** Whether the limit can be charged before anyone's credential is looked at. */
export function countsAddress(limit: Limit): boolean {
  return limit.by.every((dimension) => BEFORE_AUTH.includes(dimension))
}

/** Whether a key's own limits take this one's place. */
export function countsKey(limit: Limit): boolean {
  return limit.by.includes('key')
}

/** Bucket keys of one limit that are kept ready; who is not among them has hers made anew. */
const MAX_READY_KEYS = 2048
const plans = new WeakMap<Limit, Plan>()

/**
 * Prepares the key of each bucket: `bucketKey` of the values, so that no two tuples of values share one.
 * A limit has one plan, whatever the number of its routes.
 */
export function planOf(limit: Limit): Plan {
  const known = plans.get(limit)
  if (known !== undefined) return known
  const pieces = limit.by.flatMap(pieceOf)
  const [dimension] = limit.by
  const isSingle = limit.by.length === 1 && dimension !== undefined && dimension !== 'global'
  const plan = Object.freeze({
    limit,
    keyOf: isSingle
      ? readyKeys(limit.name, dimension, pieces)
      : (subject: Subject) => joined(limit.name, pieces, subject),
    bucketOf: (subject: Subject) => limit.by.map((name) => described(name, subject)).join(', '),
  })
  plans.set(limit, plan)
  return plan
}

/** A key that is put together at every request is hashed at every request, too, which costs more than counting. */
function readyKeys(name: string, dimension: BucketValue, pieces: readonly Piece[]) {
  const ready = new Map<string, string>()
  return function keyOf(subject: Subject): string {
    const value = countedBy(dimension, subject)
    const known = ready.get(value)
    if (known !== undefined) return known
    const key = joined(name, pieces, subject)
    // Without a value of its own the key is made of another one.
    if (value === '') return key
    if (ready.size >= MAX_READY_KEYS) ready.clear()
    ready.set(value, key)
    return key
  }
}

function countedBy(dimension: BucketValue, { facts, principal, route }: Subject): string {
  switch (dimension) {
    case 'ip':
      return facts.client
    case 'route':
      return route.id
    case 'key':
      return principal.keyId
    case 'org':
      return principal.org
    case 'subject':
      return principal.subject
  }
}

function joined(name: string, pieces: readonly Piece[], subject: Subject): string {
  let key = name
  for (const piece of pieces) key += piece(subject)
  return key
}

function pieceOf(dimension: Dimension): Piece[] {
  switch (dimension) {
    case 'global':
      return []
    case 'route':
      return [({ route }) => piece(route.id)]
    case 'ip':
      return [({ facts }) => piece(addressBucket(facts.client))]
    case 'key':
    case 'org':
    case 'subject':
      return [(subject) => identityPiece(countedBy(dimension, subject), subject)]
  }
}

/**
 * Who has no such name is counted by the next best one, never not at all. The mark before the length keeps an org that
 * calls itself `192.0.2.1` apart from the client at that address: after `|` every other piece goes on with a digit.
 */
function identityPiece(value: string, { facts, principal }: Subject): string {
  if (value !== '') return piece(value)
  if (principal.subject !== '') return `|s${piece(principal.subject)}`
  return `|@${piece(addressBucket(facts.client))}`
}

/** As `bucketKey` writes one value, without the list. */
function piece(value: string): string {
  return `|${value.length}:${value}`
}

function described(dimension: Dimension, subject: Subject): string {
  if (dimension === 'global') return 'global'
  const value = dimension === 'ip' ? '' : countedBy(dimension, subject)
  if (dimension === 'route' || value !== '') return `${dimension} ${value}`
  const { facts, principal } = subject
  if (dimension !== 'ip' && principal.subject !== '') return `subject ${principal.subject}`
  return `ip ${addressBucket(facts.client)}`
}
