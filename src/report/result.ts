/** What report mode let through, in one group: plain JSON, for `--json` and GET /report alike. */
export interface ReportGroup {
  readonly route: string | null
  /** What it would have been refused with. */
  readonly code: string
  /** Id of the key; null: none was shown, or nobody's. */
  readonly key: string | null
  readonly org: string | null
  readonly requests: number
  readonly first: string
  readonly last: string
  /** Ids of the latest requests, the latest first. */
  readonly examples: readonly string[]
}

export interface ReportResult {
  /** Time of the first and last request that was looked at; null: none was. */
  readonly from: string | null
  readonly to: string | null
  readonly requests: number
  /** Of these, the ones that were let through and would have been refused. */
  readonly reported: number
  /** Most requests first. A request that several checks would have refused is in several groups. */
  readonly groups: readonly ReportGroup[]
  /** Refusals of groups for which there was no room. */
  readonly others: number
}
