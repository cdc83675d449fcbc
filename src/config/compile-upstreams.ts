import type { Upstream } from '../core/policy.ts'
import { circuitSettings } from '../policies/circuit/schema.ts'
import { retrySettings } from '../policies/retry/schema.ts'
import { timeoutSettings } from '../policies/timeout/schema.ts'
import { certificatesIn } from './certificates.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { UpstreamOutput } from './schema-upstream.ts'

export function compileUpstreams(
  { named }: Sections,
  draft: Draft,
  readText: (path: string) => string,
): ReadonlyMap<string, Upstream> {
  const compiled = new Map<string, Upstream>()
  for (const [name, settings] of named.upstreams) {
    if (settings === null) continue
    const ca = certificatesIn(settings.tls.ca, ['upstreams', name, 'tls', 'ca'], draft, readText)
    compiled.set(name, upstreamOf(name, settings, ca))
    tellPlainTls(name, settings, draft)
  }
  return compiled
}

function upstreamOf(name: string, settings: UpstreamOutput, ca: string | null): Upstream {
  const { url, targets = [], preserve_host, timeout, circuit, retry, tls } = settings
  const places = url === undefined ? targets : [url]
  return Object.freeze({
    name,
    origins: Object.freeze([...new Set(places.map(({ origin }) => origin))]),
    basePath: places[0]?.basePath ?? '',
    preserveHost: preserve_host,
    timeout: timeoutSettings(timeout),
    tls: Object.freeze({ verify: tls.verify, ca, serverName: tls.server_name ?? null }),
    circuit: circuitSettings(circuit),
    retry: retrySettings(retry),
  })
}

function tellPlainTls(name: string, { url, targets = [], tls }: UpstreamOutput, draft: Draft): void {
  const isPlain = [...targets, ...(url === undefined ? [] : [url])].some(({ origin }) =>
    origin.startsWith('http:'),
  )
  if (isPlain && (tls.ca !== undefined || tls.server_name !== undefined)) {
    draft.error(['upstreams', name, 'tls'], '`tls` has no effect on a plain http:// URL')
  }
  if (!tls.verify && !isPlain) {
    draft.notice(
      'upstream-unverified',
      ['upstreams', name, 'tls', 'verify'],
      'anybody between Sallyport and this upstream can pose as it',
    )
  }
}
