/** A key of the policy file, without the key itself: only its hash is kept. */
export interface KeyEntry {
  readonly id: string
  /** Lower-case hex SHA-256 of the key's text. */
  readonly hash: string
  /** The identity; defaults to the id. */
  readonly subject: string
  readonly org: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Names of limits that take the place of the route's `by: key` limits; null when the key brings none. */
  readonly limits: readonly string[] | null
  /** Ids of the only routes it is good for; null is every route that accepts keys. */
  readonly routes: ReadonlySet<string> | null
  /** Epoch milliseconds; null never. */
  readonly expiresMs: number | null
  readonly revoked: boolean
}

/** Entries by one of their texts. */
export interface KeyIndex {
  readonly size: number
  has(text: string): boolean
  get(text: string): KeyEntry | undefined
}

/** Keys by hash and by id. */
export interface KeyTable {
  readonly byHash: KeyIndex
  /** In the order of the entries. */
  readonly byId: KeyIndex & { keys(): Iterable<string>; values(): Iterable<KeyEntry> }
}

/** Told of an entry whose id or hash the entry number `twin` has: which of the two counts would be chance. */
export type TellTwin = (
  path: readonly [index: number, field: 'id' | 'hash'],
  message: string,
  twin: number,
) => void
