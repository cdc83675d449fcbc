import type { Outline, OutlineUpstream } from '../config/outline.ts'
import { textOf } from '../config/outline-words.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import { between, duration, listed } from './words.ts'

/** How the API is reached. */
export function compareUpstream(before: OutlineUpstream, after: OutlineUpstream): Finding[] {
  return [
    ...compareUrl(before, after),
    ...compareTls(before, after),
    ...compareTimeouts(before, after),
    ...whenChanged('upstream-circuit-changed', 'opens its circuit at other times', 'circuit', before, after),
    ...whenChanged('upstream-retry-changed', 'is asked again at other times', 'retry', before, after),
    ...(before.preserveHost === after.preserveHost
      ? []
      : [
          finding(
            'upstream-host-changed',
            after.preserveHost ? 'sees the `Host` of the client' : 'sees its own `Host`',
            ['preserve_host'],
          ),
        ]),
  ]
}

function compareUrl(before: OutlineUpstream, after: OutlineUpstream): Finding[] {
  const urls = ({ origins, basePath }: OutlineUpstream) => origins.map((origin) => `${origin}${basePath}`)
  const { added, gone } = between(urls(before), urls(after))
  if (added.length === 0 && gone.length === 0) return []
  const path = after.origins.length > 1 ? ['targets'] : ['url']
  const what = `is at ${listed(urls(after))}, before at ${listed(urls(before))}`
  const [wasPlain, isPlain] = [hasPlain(before), hasPlain(after)]
  return [
    finding(added.length > 0 ? 'upstream-url-changed' : 'upstream-url-gone', what, path),
    ...(isPlain && !wasPlain ? [finding('upstream-plain', 'is asked without encryption', path)] : []),
    ...(wasPlain && !isPlain ? [finding('upstream-encrypted', 'is asked with encryption', path)] : []),
  ]
}

function hasPlain({ origins }: OutlineUpstream): boolean {
  return origins.some((origin) => origin.startsWith('http:'))
}

function compareTls({ tls: before }: OutlineUpstream, { tls: after }: OutlineUpstream): Finding[] {
  const found: Finding[] = []
  if (before.verify !== after.verify) {
    found.push(
      after.verify
        ? finding('upstream-verify-on', 'has its certificate checked', ['tls', 'verify'])
        : finding('upstream-verify-off', 'no longer has its certificate checked: anybody between can pose', [
            'tls',
            'verify',
          ]),
    )
  }
  if (before.ca !== after.ca) found.push(caFinding(before.ca, after.ca))
  if (before.serverName !== after.serverName) {
    const what = 'is expected to have a certificate for another name'
    found.push(finding('upstream-certificate-changed', what, ['tls', 'server_name']))
  }
  return found
}

function caFinding(before: string | null, after: string | null): Finding {
  const path = ['tls', 'ca']
  if (after === null) return finding('upstream-ca-gone', 'is believed with any usual certificate', path)
  if (before === null)
    return finding('upstream-ca-added', 'is believed with certificates of a file only', path)
  return finding('upstream-certificate-changed', 'is believed with certificates of another file', path)
}

function compareTimeouts(
  { timeout: before }: OutlineUpstream,
  { timeout: after }: OutlineUpstream,
): Finding[] {
  const keys = [
    ['connect', 'connectMs'],
    ['response', 'responseMs'],
    ['idle', 'idleMs'],
  ] as const
  return keys.flatMap(([key, field]) => {
    if (before[field] === after[field]) return []
    const what = `has ${duration(after[field])} for \`${key}\`, before ${duration(before[field])}`
    return [finding('upstream-timeout-changed', what, ['timeout', key])]
  })
}

function whenChanged(
  code: Code,
  sentence: string,
  key: 'circuit' | 'retry',
  before: OutlineUpstream,
  after: OutlineUpstream,
): Finding[] {
  return textOf(before[key]) === textOf(after[key]) ? [] : [finding(code, sentence, [key])]
}

/** Where a credential may be. */
export function compareAuthenticator(before: readonly string[], after: readonly string[]): Finding[] {
  const { added, gone } = between(before, after)
  return [
    ...(added.length > 0
      ? [finding('authenticator-place-added', `also looks at ${listed(added)}`, ['in'])]
      : []),
    ...(gone.length > 0
      ? [finding('authenticator-place-gone', `no longer looks at ${listed(gone)}`, ['in'])]
      : []),
  ]
}

/** Named things that routes of an outline use. */
export function usedNames({ routes, keys }: Outline) {
  return {
    upstreams: new Set(routes.map(({ upstream }) => upstream)),
    authenticators: new Set(routes.flatMap(({ auth }) => auth)),
    limits: new Set([
      ...routes.flatMap(({ limits }) => limits),
      ...keys.flatMap(({ limits }) => limits ?? []),
    ]),
  }
}
