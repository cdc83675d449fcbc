import type { OutlineRedis, OutlineSettings } from '../config/outline.ts'
import { textOf } from '../config/outline-words.ts'
import { type Finding, finding } from './change.ts'

type Store = OutlineSettings['store']

/** Where quotas outlive the process. */
export function compareStore(before: Store, after: Store): Finding[] {
  const path = ['store']
  if (textOf(before) === textOf(after)) return []
  if (after === null) return [finding('store-gone', 'quotas begin anew with each process', path)]
  if (before === null) return [finding('store-added', 'quotas outlive the process', path)]
  return [finding('store-changed', 'quotas are kept in another place, and begin anew', path)]
}

/** Where gateways share their limits. Passwords are not compared. */
export function compareRedis(before: OutlineRedis | null, after: OutlineRedis | null): Finding[] {
  const path = ['redis']
  if (before === null && after === null) return []
  if (after === null) return [finding('redis-gone', 'each gateway counts for itself', path)]
  if (before === null) return [finding('redis-added', 'gateways share their limits', path)]
  return [...compareSafety(before, after), ...compareShares(before, after), ...comparePlace(before, after)]
}

function compareSafety({ tls: before }: OutlineRedis, { tls: after }: OutlineRedis): Finding[] {
  const path = ['redis', 'tls']
  if ((before === null) === (after === null)) return []
  return after === null
    ? [finding('redis-plain', 'what is said to Redis is no longer encrypted', path)]
    : [finding('redis-encrypted', 'what is said to Redis is encrypted', path)]
}

function compareShares({ replicas: before }: OutlineRedis, { replicas: after }: OutlineRedis): Finding[] {
  if (before === after) return []
  const code = after < before ? 'redis-share-larger' : 'redis-share-smaller'
  const what = `\`replicas\` is ${after}, before ${before}: that is the share of each without Redis`
  return [finding(code, what, ['redis', 'replicas'])]
}

function comparePlace(before: OutlineRedis, after: OutlineRedis): Finding[] {
  const { replicas: _, tls: tlsBefore, ...was } = before
  const { replicas: __, tls: tlsAfter, ...is } = after
  const hasOtherTls = tlsBefore !== null && tlsAfter !== null && textOf(tlsBefore) !== textOf(tlsAfter)
  if (!hasOtherTls && textOf(was) === textOf(is)) return []
  return [finding('redis-changed', 'limits are shared in another place or in another way', ['redis'])]
}
