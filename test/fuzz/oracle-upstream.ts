import { FORWARDING_NAMES, NEVER_FORWARDED } from '../../src/core/headers.ts'
import type { AuditLine } from './gate-child.ts'
import { FORGED, IDENTITY_NAMES } from './mutators-fields.ts'
import { GUARDED, STRIPPED } from './policy.ts'
import { valuesOf } from './strict-head.ts'
import { isUpgrade, type StrictRequest } from './strict-request.ts'

const EXACTLY_ONCE = [
  'host',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'traceparent',
  'x-sallyport-auth',
]
const OURS = new Set([...IDENTITY_NAMES, ...FORWARDING_NAMES])
/** Framing and the connection are written anew, so these are looked at elsewhere. */
const REWRITTEN = new Set(['host', 'connection', 'transfer-encoding', 'upgrade'])
/** `Authorization` is none here: no authenticator of the policy reads it, so it is the API's own. */
const CREDENTIALS = ['x-api-key']
/** No second reading: no empty or dot segment, no parameter, no escape of what needs none. */
const CANONICAL =
  /^\/(?:(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-F]{2})+\/)*(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-F]{2})*$/
const DOTS = /(?:^|\/|%2F)\.{1,2}(?:$|\/|%2F)/
const NEEDLESS = /%(?:3[0-9]|[46][1-9A-F]|[57][0-9A]|2[DE]|5F|7E|5C|3B|0[0-9A-F]|1[0-9A-F])/
const KEYS: Readonly<Record<string, string>> = {
  attacker: 'mallory/outside/some',
  victim: 'alice/inside/all',
}

/** What is wrong with a request that reached the upstream, by itself. */
export function judgeForwarded(request: StrictRequest): string[] {
  return [
    ...judgeOwnFields(request),
    ...judgeStrangers(request),
    ...judgePath(request),
    ...judgeIdentity(request),
  ]
}

function judgeOwnFields({ fields }: StrictRequest): string[] {
  const problems: string[] = []
  for (const name of EXACTLY_ONCE) {
    const count = valuesOf(fields, name).length
    if (count !== 1) problems.push(`upstream: ${name} comes ${count} times`)
  }
  for (const { lower, value } of fields) {
    const plain = lower.replaceAll('_', '-')
    if (!OURS.has(plain)) continue
    if (plain !== lower) problems.push(`upstream: ${lower} passed`)
    if (value.includes(FORGED)) problems.push(`upstream: a client's ${lower} passed`)
  }
  return problems
}

function judgeStrangers(request: StrictRequest): string[] {
  const names = NEVER_FORWARDED.filter((name) => !REWRITTEN.has(name))
  const passed = [...names, ...CREDENTIALS].filter((name) => valuesOf(request.fields, name).length > 0)
  if (!isUpgrade(request) && valuesOf(request.fields, 'upgrade').length > 0) passed.push('upgrade')
  return passed.map((name) => `upstream: ${name} passed`)
}

export function pathOf(target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? target : target.slice(0, at)
}

export function queryOf(target: string): string {
  return target.slice(pathOf(target).length)
}

function judgePath({ target }: StrictRequest): string[] {
  const path = pathOf(target)
  const isCanonical = CANONICAL.test(path) && !DOTS.test(path) && !NEEDLESS.test(path)
  const problems = isCanonical ? [] : [`upstream: path ${path} is not canonical`]
  if (/%2F/i.test(path) && !path.startsWith('/packages/')) problems.push(`upstream: %2F in ${path}`)
  return target.includes('#') ? [...problems, 'upstream: fragment'] : problems
}

function judgeIdentity({ target, fields }: StrictRequest): string[] {
  const one = (name: string): string => valuesOf(fields, `x-sallyport-${name}`).join(' && ')
  const who = `${one('subject')}/${one('org')}/${one('scopes')}`
  const isKey = one('auth') === 'key'
  if (isKey && who !== KEYS[one('key-id')]) return [`upstream: identity ${one('key-id')} ${who}`]
  if (!isKey && (who !== '//' || one('key-id') !== '' || one('auth') !== 'anonymous')) {
    return [`upstream: anonymous as ${one('key-id')} ${who} ${one('auth')}`]
  }
  const path = pathOf(target)
  const isGuarded =
    path === GUARDED || path.startsWith(`${GUARDED}/`) || path === '/orders' || path === '/victim'
  return isGuarded && !isKey ? [`upstream: ${path} without a key`] : []
}

/** Each request upstream stands for one line of the audit, and for one request that its client wrote whole. */
export function judgeOrigins(
  upstream: readonly StrictRequest[],
  audit: readonly AuditLine[],
  sent: readonly StrictRequest[],
): string[] {
  const unused = [...sent]
  const ids = new Set<string>()
  return upstream.flatMap((request) => {
    const [id = ''] = valuesOf(request.fields, 'x-request-id')
    const problems = judgeLine(
      request,
      audit.filter((line) => line.id === id),
    )
    if (ids.has(id)) problems.push(`upstream: two requests for ${id}`)
    ids.add(id)
    const at = unused.findIndex((one) => isSame(one, request))
    if (at === -1) problems.push(`upstream: nobody wrote ${request.method} ${request.target}`)
    else unused.splice(at, 1)
    return problems
  })
}

function judgeLine({ target }: StrictRequest, lines: readonly AuditLine[]): string[] {
  const [line] = lines
  if (line === undefined || lines.length > 1) return [`upstream: ${lines.length} audit lines for ${target}`]
  if (line.outcome !== 'forward' && line.outcome !== 'malformed')
    return [`upstream: asked after ${line.outcome}`]
  const path = line.route === 'stripped' ? line.path?.slice(STRIPPED.length) : line.path
  return path === pathOf(target) ? [] : [`upstream: ${target} was judged as ${line.path}`]
}

function isSame(sent: StrictRequest, got: StrictRequest): boolean {
  const isTarget = queryOf(sent.target) === queryOf(got.target) || /^https?:/i.test(sent.target)
  return sent.method === got.method && sent.body === got.body && isTarget
}
