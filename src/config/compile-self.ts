import { addressSet, canonicalAddress, containsAddress } from '../core/address.ts'
import { parseAuthority } from '../core/host.ts'
import type { Settings } from './compile-settings.ts'
import type { Draft } from './draft.ts'
import type { UpstreamOutput } from './schema-upstream.ts'
import type { ListenAddress, UpstreamUrl } from './schema-values.ts'

const LOOPBACK = addressSet(['127.0.0.0/8', '::1'])
/** A listener there has every address; whoever connects there gets to loopback. */
const ANY = addressSet(['0.0.0.0', '::'])
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

interface Listener {
  readonly key: string
  readonly host: Host
  readonly port: number
}

/** `any`: every address of the machine; `loopback`: a name for it, which may be any of its addresses. */
interface Host {
  readonly text: string
  readonly kind: 'any' | 'loopback' | 'other'
}

/** An upstream that is a listener of this gate would be asked by itself, which asks itself, until nothing is left. */
export function tellOwnListeners(
  settings: Pick<Settings, 'listen' | 'ops' | 'admin'>,
  upstreams: ReadonlyMap<string, UpstreamOutput | null>,
  draft: Draft,
): void {
  const listeners = [
    listenerOf('listen', settings.listen),
    listenerOf('ops', settings.ops),
    ...(settings.admin === null ? [] : [listenerOf('admin.listen', settings.admin.listen)]),
  ]
  for (const [name, upstream] of upstreams) {
    for (const [path, url] of placesOf(upstream)) {
      const own = listeners.find((listener) => isReached(listener, url))
      if (own === undefined) continue
      const message = `the upstream \`${name}\` is this Sallyport itself: \`${own.key}\` has the same address`
      const hint = 'write where the API is, or let Sallyport listen on another port'
      draft.error(['upstreams', name, ...path], message, hint, 'upstream-itself')
    }
  }
}

function listenerOf(key: string, { host, port }: ListenAddress): Listener {
  return { key, host: hostOf(host), port }
}

type Place = readonly [path: readonly (string | number)[], url: UpstreamUrl]

function placesOf(upstream: UpstreamOutput | null): Place[] {
  const { url, targets = [] } = upstream ?? {}
  const of = targets.map((target, i): Place => [['targets', i], target])
  return url === undefined ? of : [[['url'], url]]
}

function isReached({ host, port }: Listener, { origin }: UpstreamUrl): boolean {
  const [scheme = '', authority = ''] = origin.split('://')
  const parsed = parseAuthority(authority)
  if (parsed === null || Number(parsed.port || DEFAULT_PORTS[scheme]) !== port) return false
  return isSameHost(host, hostOf(parsed.host))
}

/** As far as the text tells: other names of this machine are not looked up. */
function isSameHost(listener: Host, asked: Host): boolean {
  if (listener.text === asked.text) return true
  const isLocal = asked.kind !== 'other' || isLoopback(asked.text)
  if (listener.kind === 'any') return isLocal
  if (listener.kind === 'loopback') return isLocal
  return isLoopback(listener.text) && asked.kind !== 'other'
}

function hostOf(written: string): Host {
  const lower = written
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  const address = canonicalAddress(lower)
  if (address === null) return { text: lower, kind: LOCAL_NAME.test(lower) ? 'loopback' : 'other' }
  return { text: address, kind: containsAddress(ANY, address) ? 'any' : 'other' }
}

/** RFC 6761 6.3. */
const LOCAL_NAME = /(?:^|\.)localhost$/

function isLoopback(text: string): boolean {
  const address = canonicalAddress(text)
  return address !== null && containsAddress(LOOPBACK, address)
}
