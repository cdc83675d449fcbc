import type { OutlineSettings } from '../config/outline.ts'
import { textOf } from '../config/outline-words.ts'
import { canonicalAddress } from '../core/address.ts'
import { hostIsServed, hostSet } from '../core/host.ts'
import { type Finding, finding } from './change.ts'
import { compareGuard } from './route-guard.ts'
import { compareServer } from './settings-server.ts'
import { compareRedis, compareStore } from './settings-store.ts'
import { type Span, spansOf, without } from './spans.ts'
import { between, listed, quoted } from './words.ts'

/** What the file says of the process as a whole. */
export function compareSettings(before: OutlineSettings, after: OutlineSettings): Finding[] {
  return [
    ...compareListen('listen', before.listen, after.listen, ['listen']),
    ...compareListen('ops', before.ops, after.ops, ['ops']),
    ...compareAdmin(before, after),
    ...compareHosts(before.hosts, after.hosts),
    ...compareTrust(before.trust, after.trust),
    ...compareServer(before.server, after.server),
    ...compareAudit(before, after),
    ...compareStore(before.store, after.store),
    ...compareRedis(before.redis, after.redis),
    ...compareGuard(before.guard, after.guard).map(outsideOfRoutes),
    ...comparePlain(before, after),
  ]
}

function outsideOfRoutes({ code, sentence }: Finding): Finding {
  return finding(code, `${sentence} (on refusals that no route stands behind)`, ['defaults', 'guard'])
}

type Listen = OutlineSettings['listen']

const LOOPBACK = 0
const ONE_ADDRESS = 1
const EVERYWHERE = 2

/** How far around a listener is heard. */
function reachOf({ host }: Listen): number {
  if (host === 'localhost') return LOOPBACK
  const address = canonicalAddress(host)
  if (address === '0.0.0.0' || address === '0:0:0:0:0:0:0:0') return EVERYWHERE
  if (address?.startsWith('127.') === true || address === '0:0:0:0:0:0:0:1') return LOOPBACK
  return ONE_ADDRESS
}

function compareListen(what: string, before: Listen, after: Listen, path: readonly string[]): Finding[] {
  const [then, now] = [textOfListen(before), textOfListen(after)]
  if (then === now) return []
  const reach = reachOf(after) - reachOf(before)
  const code = reach === 0 ? 'listen-changed' : reach > 0 ? 'listen-wider' : 'listen-narrower'
  return [finding(code, `\`${what}\` is ${quoted(now)}, before ${quoted(then)}`, path)]
}

function textOfListen({ host, port }: Listen): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function compareAdmin({ admin: before }: OutlineSettings, { admin: after }: OutlineSettings): Finding[] {
  if (before === null && after === null) return []
  if (after === null) return [finding('admin-gone', 'there is no admin listener', ['admin'])]
  const where = quoted(textOfListen(after.listen))
  if (before === null)
    return [finding('admin-added', `there is an admin listener, ${where}`, ['admin', 'listen'])]
  return compareListen('admin.listen', before.listen, after.listen, ['admin', 'listen'])
}

type Hosts = OutlineSettings['hosts']

function compareHosts(before: Hosts, after: Hosts): Finding[] {
  const path = ['hosts']
  if (before === null && after === null) return []
  if (after === null) return [finding('hosts-wider', 'every well-formed host is answered for', path)]
  if (before === null) return [finding('hosts-narrower', `only ${listed(after)} are answered for`, path)]
  const added = after.filter((host) => !isServed(host, before))
  const gone = before.filter((host) => !isServed(host, after))
  return [
    ...(added.length > 0 ? [finding('hosts-wider', `${listed(added)} are answered for, too`, path)] : []),
    ...(gone.length > 0
      ? [finding('hosts-narrower', `${listed(gone)} are no longer answered for`, path)]
      : []),
  ]
}

/** A wildcard is served by itself or by one above it. */
function isServed(host: string, hosts: readonly string[]): boolean {
  return hosts.includes(host) || hostIsServed(hostSet(hosts), host.replace(/^\*/, 'x'))
}

function compareTrust(before: readonly string[], after: readonly string[]): Finding[] {
  const [was, is] = [spansOf(before), spansOf(after)]
  const { added, gone } = between(before, after)
  const told = (spans: readonly Span[], code: 'trust-wider' | 'trust-narrower', what: string) =>
    spans.length > 0 ? [finding(code, what, ['trust'])] : []
  const other = 'other ranges'
  const [fresh, missing] = [listed(added) || other, listed(gone) || other]
  return [
    ...told(without(is, was), 'trust-wider', `${fresh} are believed about the address of the client`),
    ...told(without(was, is), 'trust-narrower', `${missing} are no longer believed about the client`),
  ]
}

function compareAudit({ audit: before }: OutlineSettings, { audit: after }: OutlineSettings): Finding[] {
  const path = ['audit', 'sinks']
  const places = ({ sinks }: OutlineSettings['audit']) =>
    sinks.map((sink) => ('path' in sink ? sink.path : sink.type))
  const { added, gone } = between(places(before), places(after))
  if (added.length === 0 && gone.length === 0) return []
  if (after.sinks.length === 0) return [finding('audit-off', 'no request is written down', path)]
  const what = `audit lines go to ${listed(places(after))}`
  if (before.sinks.length === 0) return [finding('audit-on', what, path)]
  return [finding('audit-changed', `${what}, before to ${listed(places(before))}`, path)]
}

function comparePlain(before: OutlineSettings, after: OutlineSettings): Finding[] {
  const found: Finding[] = []
  if (textOf(before.drain) !== textOf(after.drain)) {
    found.push(finding('drain-changed', 'the process takes another time to end', ['drain']))
  }
  if (textOf(before.identity) !== textOf(after.identity)) {
    found.push(finding('identity-changed', 'the API is told in other fields who asks', ['identity']))
  }
  const keys = new Set([...Object.keys(before.more), ...Object.keys(after.more)])
  for (const key of keys) {
    if (before.more[key] === after.more[key]) continue
    found.push(finding('setting-changed', `${quoted(key)} is another one`, [key]))
  }
  return found
}
