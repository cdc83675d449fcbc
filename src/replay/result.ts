/** One way in which decisions change, on one route. */
export interface ChangeGroup {
  readonly change: 'refused' | 'let_in' | 'other'
  /** The route it was on; null: none. */
  readonly route: string | null
  /** The route that it would be on. */
  readonly new_route: string | null
  /** `forward`, `answer`, or a code. */
  readonly was: string
  readonly would_be: string
  readonly requests: number
  /** Requests by key id, org and client, most of them first; of those who have none, none. */
  readonly keys: readonly Count[]
  readonly orgs: readonly Count[]
  readonly clients: readonly Count[]
  readonly first: string
  readonly last: string
  /** Ids of requests. */
  readonly examples: readonly string[]
}

export interface Count {
  readonly name: string
  readonly requests: number
}

/** How many requests, and of how many different ones. */
export interface Affected {
  readonly requests: number
  readonly keys: number
  readonly orgs: number
  readonly clients: number
  /** Of these there were more than are counted: the number is the least that there were. */
  readonly at_least: readonly ('keys' | 'orgs' | 'clients')[]
}

/** What another policy would have made of recorded requests. Plain JSON. */
export interface ReplayResult {
  /** Hash of the policy that they were judged by. */
  readonly policy: string
  /** Hashes of the policies that the records name, at most 20. */
  readonly recorded_policies: readonly string[]
  /** Time of the first and last request that was compared; null: none was. */
  readonly from: string | null
  readonly to: string | null
  readonly lines: {
    readonly requests: number
    /** Of something else than a request. */
    readonly other: number
    readonly broken: number
    /** Lines that the gate could not write, by its own account. */
    readonly dropped: number
    /** Lines outside of the time that was asked for. */
    readonly outside: number
    /** They came too late to be charged to limits in the order in which they were. */
    readonly late: number
  }
  readonly compared: number
  readonly same: number
  readonly changed: number
  /** Was let through, would be refused. */
  readonly refused: Affected
  /** Was refused, would be let through. */
  readonly let_in: Affected
  /** Would be refused for another reason, or answered instead of forwarded. */
  readonly other: Affected
  readonly groups: readonly ChangeGroup[]
  /** Changed requests of groups for which there was no room. */
  readonly ungrouped: number
  readonly not_compared: {
    readonly malformed: number
    readonly circumstances: number
    readonly incomplete: number
    readonly unread: number
  }
  readonly guesses: {
    /** The verdict of `validate` on query or body was taken over. */
    readonly carried: number
    /** `validate` would look at a query or body at which nobody looked: taken to be good. */
    readonly assumed: number
    /** A proxy that is trusted now may have named another client. */
    readonly client: number
  }
}
