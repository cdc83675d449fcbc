import { didYouMean } from './nearest.ts'
import type { Path } from './yaml-values.ts'

const YES_AND_NO: ReadonlySet<unknown> = new Set([
  'yes',
  'no',
  'on',
  'off',
  'Yes',
  'No',
  'On',
  'Off',
  'y',
  'n',
])

/** What may have been meant by a value that does not fit. */
export function hintFor(value: unknown, message: string, choices: readonly string[]): string | undefined {
  if (typeof value !== 'string') return quotesHint(value, message)
  if (message.includes('`true`') && YES_AND_NO.has(value)) return 'YAML 1.2 knows only `true` and `false`'
  if (/number/.test(message) && /^\d[\d_]*$/.test(value))
    return 'write the digits only, without `_` and quotes'
  if (NO_RATE.test(value))
    return 'a rate begins at 1; to close a route take it away: what no route matches is refused'
  return choices.includes(value) ? 'write it without quotes' : didYouMean(value, choices)
}

function quotesHint(value: unknown, message: string): string | undefined {
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return isScalar && message === 'must be text' ? 'put it in quotes' : undefined
}

const NO_RATE = /^0+\/(?:second|minute|hour|day)$/

/** Settings that people look for in a route, and that belong to the API behind it. */
const OF_UPSTREAMS: ReadonlySet<unknown> = new Set([
  ...['timeout', 'retry', 'circuit', 'tls', 'url', 'targets', 'preserve_host'],
])

/** Where a key of a route or of the defaults should stand; undefined when it is no known one. */
export function belongsTo(path: Path): string | undefined {
  const isOfRoute = path.length === (path[0] === 'routes' ? 3 : 2)
  if (!isOfRoute || (path[0] !== 'routes' && path[0] !== 'defaults')) return undefined
  const key = path.at(-1)
  return OF_UPSTREAMS.has(key) ? `\`${key}\` belongs to an upstream: \`upstreams.NAME.${key}\`` : undefined
}

const TOKENS = /^(?:jwt|jws|jwks|oauth2?|oidc|openid|token)s?$/i

/** Whoever writes `jwt` for an authenticator has not mistyped a name. */
export function tokenHint(name: string): string | undefined {
  return TOKENS.test(name) ? 'tokens are not supported yet, only API keys' : undefined
}
