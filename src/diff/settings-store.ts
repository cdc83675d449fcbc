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
  if (before === null && after === null) return []
  if (after === null) return [finding('redis-plain', 'what is said to Redis is no longer encrypted', path)]
  if (before === null) return [finding('redis-encrypted', 'what is said to Redis is encrypted', path)]
  if (before.ca === null && after.ca !== null) {
    return [finding('redis-ca-added', 'Redis is believed with certificates of a file only', path)]
  }
  if (before.ca === null || after.ca !== null) return []
  return [finding('redis-ca-gone', 'Redis is believed with any usual certificate', path)]
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
  if (!hasOtherTls(tlsBefore, tlsAfter) && textOf(was) === textOf(is)) return []
  return [finding('redis-changed', 'limits are shared in another place or in another way', ['redis'])]
}

type Tls = OutlineRedis['tls']

/** Another name or file; whether there is one at all is told elsewhere. */
function hasOtherTls(before: Tls, after: Tls): boolean {
  if (before === null || after === null) return false
  const isOtherFile = before.ca !== null && after.ca !== null && before.ca !== after.ca
  return isOtherFile || before.serverName !== after.serverName
}
