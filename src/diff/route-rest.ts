import type { OutlineRoute } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import { between, listed, quoted } from './words.ts'

/** What is left of a route: its switches, what the API sees, and whether refusals count. */
export function compareRest(before: OutlineRoute, after: OutlineRoute): Finding[] {
  return [
    ...SWITCHES.flatMap((one) => compareSwitch(one, before, after)),
    ...compareMode(before, after),
    ...compareUpstream(before, after),
    ...between(Object.entries(before.more).map(String), Object.entries(after.more).map(String)).added.map(
      moreChanged,
    ),
    ...between(Object.keys(before.more), Object.keys(after.more)).gone.map(moreChanged),
  ]
}

interface Switch {
  readonly isOn: (route: OutlineRoute) => boolean
  readonly on: readonly [Code, string]
  readonly off: readonly [Code, string]
  readonly path: readonly string[]
}

const SWITCHES: readonly Switch[] = [
  {
    isOn: ({ websocket }) => websocket,
    on: ['websocket-on', 'clients may switch to WebSocket'],
    off: ['websocket-off', 'clients may no longer switch to WebSocket'],
    path: ['websocket'],
  },
  {
    isOn: ({ forwardCredential }) => forwardCredential,
    on: ['forward-credential-on', 'the API sees the credential of the client'],
    off: ['forward-credential-off', 'the credential of the client stays at the gate'],
    path: ['forward_credential'],
  },
  {
    isOn: ({ path }) => path.encodedSlash === 'allow',
    on: ['encoded-slash-allowed', 'paths may hold `%2F`'],
    off: ['encoded-slash-rejected', 'paths may no longer hold `%2F`'],
    path: ['path', 'encoded_slash'],
  },
]

function compareSwitch({ isOn, on, off, path }: Switch, before: OutlineRoute, after: OutlineRoute) {
  if (isOn(before) === isOn(after)) return []
  return [finding(...(isOn(after) ? on : off), path)]
}

const ALL = 100

/** Of each check, the share of principals for whom its refusals count. */
function compareMode({ reported: before }: OutlineRoute, { reported: after }: OutlineRoute): Finding[] {
  const checks = [...new Set([...(before?.checks ?? []), ...(after?.checks ?? [])])].sort()
  const shares = checks.map((check) => [check, shareOf(before, check), shareOf(after, check)] as const)
  const less = shares.filter(([, was, is]) => is < was).map(([check]) => check)
  const more = shares.filter(([, was, is]) => is > was).map(([check]) => check)
  const who = after === null || after.enforcedPercent === 0 ? '' : ` but for ${after.enforcedPercent}% of all`
  return [
    ...(less.length > 0
      ? [finding('enforcement-less', `refusals of ${listed(less)} are only reported${who}`, ['mode'])]
      : []),
    ...(more.length > 0 ? [finding('enforcement-more', `refusals of ${listed(more)} count`, ['mode'])] : []),
  ]
}

/** The share of principals for whom refusals of a check count. */
export function shareOf(reported: OutlineRoute['reported'], check: string): number {
  return reported?.checks.includes(check) === true ? reported.enforcedPercent : ALL
}

function compareUpstream(before: OutlineRoute, after: OutlineRoute): Finding[] {
  const found: Finding[] = []
  if (before.upstream !== after.upstream) {
    const what = `requests go to the upstream ${quoted(after.upstream)}, before to ${quoted(before.upstream)}`
    found.push(finding('route-upstream-changed', what, ['upstream']))
  }
  if (before.stripPrefix !== after.stripPrefix) {
    const prefix = (text: string) => (text === '' ? 'nothing' : quoted(text))
    const what = `${prefix(after.stripPrefix)} is cut from the path, before ${prefix(before.stripPrefix)}`
    found.push(finding('strip-prefix-changed', what, ['strip_prefix']))
  }
  return found
}

function moreChanged(entry: string): Finding {
  const [key = ''] = entry.split(',')
  return finding('route-setting-changed', `${quoted(key)} is another one`, [key])
}
