import { type Facts, headerOf } from '../../core/facts.ts'
import { parameterName } from '../../core/headers.ts'
import type { Shown } from '../auth/authenticator.ts'

export type Find = (facts: Facts) => Shown

/** One place where a key may be. */
export interface Place {
  readonly find: Find
  readonly headers: readonly string[]
  readonly query: readonly string[]
  readonly challenge: string
}

const NONE: Shown = Object.freeze({ kind: 'none' })
const MANY: Shown = Object.freeze({ kind: 'many' })
/** A credential that breaks its own grammar: shown, so that it is refused instead of passing for anonymous. */
const BROKEN: Shown = Object.freeze({ kind: 'one', text: '' })

/** token68 of RFC 9110 11.2. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const MAX_BASIC_LENGTH = 1024

/** @param text `bearer`, `basic`, `header:name` or `query:NAME` */
export function placeOf(text: string): Place {
  if (text === 'bearer') return inAuthorization('bearer', 'Bearer realm="api"', readBearer)
  if (text === 'basic') return inAuthorization('basic', 'Basic realm="api"', readBasic)
  const name = text.slice(text.indexOf(':') + 1)
  const found = { challenge: 'ApiKey realm="api"' }
  if (text.startsWith('query:')) return { ...found, find: findInQuery(name), headers: [], query: [name] }
  return { ...found, find: findInHeader(name), headers: [name], query: [] }
}

function inAuthorization(scheme: string, challenge: string, read: (credentials: string) => Shown): Place {
  return { find: findInAuthorization(scheme, read), headers: ['authorization'], query: [], challenge }
}

function findInHeader(name: string): Find {
  return function findHeader(facts) {
    const value = headerOf(facts, name)
    if (value === undefined) return NONE
    // Repeated lines are joined with a comma (RFC 9110 5.3).
    return value.includes(',') ? MANY : { kind: 'one', text: value }
  }
}

/** RFC 9110 11.4: `scheme SP credentials`, the scheme in any case. */
function findInAuthorization(scheme: string, read: (credentials: string) => Shown): Find {
  const schemeLength = scheme.length
  return function findAuthorization(facts) {
    const value = headerOf(facts, 'authorization')
    if (value === undefined) return NONE
    if (value.slice(0, schemeLength).toLowerCase() !== scheme) return NONE
    if (value.length === schemeLength) return BROKEN
    if (value.charAt(schemeLength) !== ' ') return NONE
    return read(value.slice(schemeLength).trimStart())
  }
}

function readBearer(credentials: string): Shown {
  return TOKEN68.test(credentials) ? { kind: 'one', text: credentials } : BROKEN
}

/** RFC 7617: the password is what stands behind the first colon; the user name is free. */
function readBasic(credentials: string): Shown {
  if (credentials.length > MAX_BASIC_LENGTH || !BASE64.test(credentials)) return BROKEN
  const pair = Buffer.from(credentials, 'base64').toString('latin1')
  const colon = pair.indexOf(':')
  return colon === -1 ? BROKEN : { kind: 'one', text: pair.slice(colon + 1) }
}

function findInQuery(name: string): Find {
  return function findQuery(facts) {
    if (facts.query === '') return NONE
    let found = NONE
    for (const pair of facts.query.slice(1).split('&')) {
      if (parameterName(pair) !== name) continue
      if (found !== NONE) return MANY
      found = readPair(pair)
    }
    return found
  }
}

function readPair(pair: string): Shown {
  const equals = pair.indexOf('=')
  if (equals === -1 || pair.length > MAX_BASIC_LENGTH) return BROKEN
  try {
    return { kind: 'one', text: decodeURIComponent(pair.slice(equals + 1)) }
  } catch {
    return BROKEN
  }
}
