import type { Facts } from './facts.ts'
import type { Decision, ReplyPlan, RequestPlan } from './policy.ts'

/** RFC 9110 5.6.2: what names of fields and methods are made of, for a character class in an expression. */
export const TOKEN_CHARS = "!#$%&'*+.^_`|~0-9A-Za-z-"

/** RFC 9110 5.5: what values of fields are made of, a character for each byte; for a character class as well. */
export const VALUE_CHARS = '\\t\\x20-\\x7e\\x80-\\xff'

/** RFC 9110 7.6.1 and the ones that servers treat likewise: they speak of one connection, not of the message. */
export const HOP_BY_HOP: readonly string[] = Object.freeze([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Never handed on: framing is rebuilt, Expect is answered here, `Proxy` becomes HTTP_PROXY in CGI (CVE-2016-5385),
 * and a method override would have the API serve another method than the one judged.
 */
export const NEVER_FORWARDED: readonly string[] = Object.freeze([
  ...HOP_BY_HOP,
  'host',
  'expect',
  'proxy',
  'http2-settings',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])

/** What we tell the upstream about the request; a client's own copies never pass. */
export const FORWARDING_NAMES: readonly string[] = Object.freeze([
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'traceparent',
  'tracestate',
  'x-forwarded-by',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-forwarded-uri',
  'x-forwarded-scheme',
  'x-forwarded-ssl',
  'x-forwarded-method',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-rewrite-url',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
])

/** Names the server software of an upstream, which only helps an attacker. */
export const SERVER_NAMES: readonly string[] = Object.freeze(['server', 'x-powered-by'])

/**
 * The fields of the one re-serialised request, flat. Removal goes first and our own fields last, so a client that
 * nominates one of ours in Connection (CVE-2026-33805) cannot take it away.
 */
export function upstreamFields(decision: Decision, plan: RequestPlan): string[] {
  const { facts } = decision
  const out = ['host', plan.host ?? facts.authority]
  copyFields(facts.fields, plan.drop, nominated(facts.headers.connection), out)
  pushAll(out, plan.set)
  pushForwarding(out, facts)
  pushAll(out, decision.upstreamFields)
  return out
}

/**
 * The fields of a reply that an upstream gave, flat.
 * @param fields as the upstream sent them
 */
export function replyFields(decision: Decision, fields: readonly string[], plan: ReplyPlan): string[] {
  const out = ownFields(decision, plan)
  copyFields(fields, plan.drop, nominated(fieldValue(fields, 'connection')), out)
  return out
}

/** The fields of a reply that Sallyport gives itself, flat; `own` are those of this one reply. */
export function ownReplyFields(decision: Decision, plan: ReplyPlan, own: readonly string[]): string[] {
  const out = ownFields(decision, plan)
  pushAll(out, own)
  return out
}

/** The target for the upstream: canonical path, and the query as sent less the parameters that carry credentials. */
export function upstreamTarget(basePath: string, path: string, query: string, plan: RequestPlan): string {
  if (plan.dropQuery.length === 0 || query === '') return basePath + path + query
  return basePath + path + withoutParameters(query, plan.dropQuery)
}

/** Cuts parameters out of a query and leaves every other byte as it is. */
export function withoutParameters(query: string, names: readonly string[]): string {
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => !names.includes(parameterName(pair)))
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** The decoded name of one `name=value` pair; a name that cannot be decoded is taken as it stands. */
export function parameterName(pair: string): string {
  const equals = pair.indexOf('=')
  const raw = equals === -1 ? pair : pair.slice(0, equals)
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '))
  } catch {
    return raw
  }
}

/** Begins with a copy of what is constant, which is most of it. */
function ownFields(decision: Decision, plan: ReplyPlan): string[] {
  const out = [...plan.set]
  out.push('x-request-id', decision.facts.id)
  pushAll(out, decision.replyFields)
  for (const fieldsOf of decision.route?.decisionFields ?? []) pushAll(out, fieldsOf(decision))
  return out
}

/** What the API may believe about where the request came from (RFC 7239 and its older X-Forwarded-* kin). */
function pushForwarding(out: string[], facts: Facts): void {
  const before = facts.peerTrusted ? joinedValue(facts.headers['x-forwarded-for']) : ''
  out.push(
    'x-request-id',
    facts.id,
    'x-forwarded-for',
    before === '' ? facts.peer : `${before}, ${facts.peer}`,
    'x-forwarded-proto',
    facts.scheme,
    'x-forwarded-host',
    facts.clientAuthority,
    'forwarded',
    forwardedField(facts),
    'traceparent',
    facts.traceparent,
  )
}

function forwardedField(facts: Facts): string {
  const node = facts.client.includes(':') ? `"[${facts.client}]"` : facts.client
  return `for=${node};host="${facts.clientAuthority}";proto=${facts.scheme}`
}

function copyFields(
  fields: readonly string[],
  drop: ReadonlySet<string>,
  alsoDrop: ReadonlySet<string> | null,
  out: string[],
): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const lower = name.toLowerCase()
    if (drop.has(lower) || alsoDrop?.has(lower)) continue
    out.push(name, fields[i + 1] as string)
  }
}

/** The names that Connection declares to be hop-by-hop; null when it only says how to go on with the connection. */
export function nominated(connection: string | readonly string[] | undefined): ReadonlySet<string> | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null
  const names = joinedValue(connection).toLowerCase().split(',')
  return new Set(names.map((name) => name.trim()))
}

function joinedValue(value: string | readonly string[] | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : value.join(', ')
}

function fieldValue(fields: readonly string[], lowerName: string): string | undefined {
  let value: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue
    value = value === undefined ? fields[i + 1] : `${value}, ${fields[i + 1]}`
  }
  return value
}

function pushAll(out: string[], fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i++) out.push(fields[i] as string)
}

/** The fields of this name, flat, their names in lower case. */
export function fieldsNamed(lowerName: string, fields: readonly string[]): readonly string[] {
  const found: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() === lowerName) found.push(lowerName, fields[i + 1] as string)
  }
  return found
}
