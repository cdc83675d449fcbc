import type { Limit } from '../../core/limits.ts'
import { type BucketValue, planOf, type Subject } from './plan.ts'

/** A bucket as an operator names it, by values that are not empty; an address in canonical text. */
export type BucketValues = Readonly<Partial<Record<BucketValue, string>>>

/** The key of a bucket and its name for people; or which values it takes more to name it, and which say nothing. */
export type NamedBucket =
  | { readonly key: string; readonly bucket: string }
  | {
      readonly key: null
      readonly missing: readonly BucketValue[]
      readonly unused: readonly BucketValue[]
    }

/** Each value by which a bucket can be named. */
export const BUCKET_VALUES: readonly BucketValue[] = ['ip', 'key', 'org', 'subject', 'route']

/**
 * The bucket that a request with these values is counted in: made by the plan that live requests go by, so that the
 * two cannot come apart. Without key, org or subject it is the one of the next best name, as for a request.
 */
export function bucketKeyFor(limit: Limit, values: BucketValues): NamedBucket {
  const { keyOf, bucketOf } = planOf(limit)
  const key = keyOf(subjectOf(values))
  const missing = limit.by.filter((by): by is BucketValue => by !== 'global' && !isNamed(by, values))
  // A value that changes nothing was meant to.
  const unused = BUCKET_VALUES.filter(
    (name) => values[name] !== undefined && keyOf(subjectOf({ ...values, [name]: '' })) === key,
  )
  if (missing.length > 0 || unused.length > 0) return { key: null, missing, unused }
  return { key, bucket: bucketOf(subjectOf(values)) }
}

function isNamed(by: BucketValue, values: BucketValues): boolean {
  if (values[by] !== undefined) return true
  return by !== 'ip' && by !== 'route' && (values.subject !== undefined || values.ip !== undefined)
}

function subjectOf({ ip = '', key = '', org = '', subject = '', route = '' }: BucketValues): Subject {
  return { facts: { client: ip }, principal: { keyId: key, org, subject }, route: { id: route } }
}
