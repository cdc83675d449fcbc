import type { Outline, Outlined, OutlineSettings } from '../config/outline.ts'
import { textOf } from '../config/outline-words.ts'
import { canonicalAddress } from '../core/address.ts'
import { hostIsServed, hostSet } from '../core/host.ts'
import { type Finding, finding } from './change.ts'
import { compareGuard } from './route-guard.ts'
import { compareServer } from './settings-server.ts'
import { compareRedis, compareStore } from './settings-store.ts'
import { type Span, spansOf, without } from './spans.ts'
import { between, listed, quoted } from './words.ts'

type Good = Outlined & { readonly outline: Outline }

/** What the file says of the process as a whole. */
export function compareSettings(from: Good, to: Good): Finding[] {
  const [before, after] = [from.outline.settings, to.outline.settings]
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
    ...compareTests(testsOf(from), testsOf(to)),
    ...compareIdentity(before.identity, after.identity),
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
  // One address is in the network of the office, another one in that of everybody.
  const isElsewhere = reachOf(after) === ONE_ADDRESS && after.host !== before.host
  const same = isElsewhere ? 'listen-wider' : 'listen-changed'
  const code = reach === 0 ? same : reach > 0 ? 'listen-wider' : 'listen-narrower'
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

/** Nobody's label: one that is written must not stand for all of them. */
const ANY_LABEL = 'sallyport-any-host'

/** A wildcard is served by itself or by one above it. */
function isServed(host: string, hosts: readonly string[]): boolean {
  return hosts.includes(host) || hostIsServed(hostSet(hosts), host.replace(/^\*/, ANY_LABEL))
}

type TrustCode = 'trust-wider' | 'trust-narrower' | 'client-hidden'

function compareTrust(before: readonly string[], after: readonly string[]): Finding[] {
  const [was, is] = [spansOf(before), spansOf(after)]
  const { added, gone } = between(before, after)
  const told = (spans: readonly Span[], code: TrustCode, what: string) =>
    spans.length > 0 ? [finding(code, what, ['trust'])] : []
  const other = 'other ranges'
  const [fresh, missing] = [listed(added) || other, listed(gone) || other]
  return [
    ...told(without(is, was), 'trust-wider', `${fresh} are believed about the address of the client`),
    ...told(without(was, is), 'trust-narrower', `${missing} are no longer believed about the client`),
    // One address for all of them: it may be in a list, have its own count, or be one that the API believes.
    ...told(without(was, is), 'client-hidden', `clients behind ${missing} have the address of the proxy`),
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

type Tests = { readonly file: string; readonly onReload: boolean } | null

function testsOf({ compiled }: Good): Tests {
  return compiled?.settings.tests ?? null
}

/** What the tests say is no part of this: a file of its own tells it. */
function compareTests(before: Tests, after: Tests): Finding[] {
  const path = ['tests']
  const [was, is] = [before?.onReload === true, after?.onReload === true]
  if (was && !is) return [finding('tests-gone', 'a reload no longer has to pass tests', path)]
  if (!was && is) return [finding('tests-added', 'a reload has to pass tests', path)]
  if (before === null || after === null || before.file === after.file) return []
  return [finding('tests-gone', `a reload has to pass other tests: ${quoted(after.file)}`, path)]
}

type Identity = OutlineSettings['identity']

function compareIdentity(before: Identity, after: Identity): Finding[] {
  if (textOf(before) === textOf(after)) return []
  const path = ['identity']
  const meant = new Map(Object.entries(before).map(([what, name]) => [name, what]))
  const swapped = Object.entries(after).filter(
    ([what, name]) => name !== null && (meant.get(name) ?? what) !== what,
  )
  const names = listed(swapped.flatMap(([, name]) => name ?? []))
  return [
    finding('identity-changed', 'the API is told in other fields who asks', path),
    ...(swapped.length > 0 ? [finding('identity-swapped', `${names} means something else now`, path)] : []),
  ]
}

function comparePlain(before: OutlineSettings, after: OutlineSettings): Finding[] {
  const found: Finding[] = []
  if (textOf(before.drain) !== textOf(after.drain)) {
    found.push(finding('drain-changed', 'the process takes another time to end', ['drain']))
  }
  const keys = new Set([...Object.keys(before.more), ...Object.keys(after.more)])
  for (const key of keys) {
    if (before.more[key] === after.more[key]) continue
    found.push(finding('setting-changed', `${quoted(key)} is another one`, [key]))
  }
  return found
}
