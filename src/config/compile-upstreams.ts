import type { Upstream } from '../core/policy.ts'
import { circuitSettings } from '../policies/circuit/schema.ts'
import { retrySettings } from '../policies/retry/schema.ts'
import { timeoutSettings } from '../policies/timeout/schema.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { UpstreamOutput } from './schema-upstream.ts'

const PEM = '-----BEGIN CERTIFICATE-----'

export function compileUpstreams(
  { named }: Sections,
  draft: Draft,
  readText: (path: string) => string,
): ReadonlyMap<string, Upstream> {
  const compiled = new Map<string, Upstream>()
  for (const [name, settings] of named.upstreams) {
    if (settings === null) continue
    const ca = settings.tls.ca === undefined ? null : readCa(settings.tls.ca, name, draft, readText)
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

function readCa(path: string, name: string, draft: Draft, readText: (path: string) => string): string | null {
  const at = ['upstreams', name, 'tls', 'ca']
  try {
    const text = readText(path)
    if (text.includes(PEM)) return text
    draft.error(at, 'there is no certificate in this file', 'PEM text, one or more certificates')
  } catch {
    draft.error(at, 'this file cannot be read', 'the path is relative to the policy file')
  }
  return null
}

function tellPlainTls(name: string, { url, targets = [], tls }: UpstreamOutput, draft: Draft): void {
  const isPlain = [...targets, ...(url === undefined ? [] : [url])].some(({ origin }) =>
    origin.startsWith('http:'),
  )
  if (isPlain && (tls.ca !== undefined || tls.server_name !== undefined)) {
    draft.error(['upstreams', name, 'tls'], '`tls` has no effect on a plain http:// URL')
  }
  if (!tls.verify && !isPlain) {
    draft.warning(
      ['upstreams', name, 'tls', 'verify'],
      'anybody between Sallyport and this upstream can pose as it',
    )
  }
}
