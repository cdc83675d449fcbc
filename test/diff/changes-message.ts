import { type Row, row } from './row.ts'
import type { Draft } from './scene.ts'

const orders = (draft: Draft): Draft => draft.routes[1]
const secure = (draft: Draft): Draft => draft.routes[2]
const socket = (draft: Draft): Draft => draft.routes[3]

const CORS: readonly Row[] = [
  row(
    'cors at all',
    (p) => (secure(p).cors = { origins: ['https://a.example.com'] }),
    'cors-added',
    'cors-gone reply-field-passes',
  ),
  row(
    'cors off beside WebSocket',
    (p) => delete socket(p).cors,
    'cors-gone reply-field-passes websocket-origins-unchecked',
    'cors-added',
  ),
  row(
    'one more origin',
    (p) => orders(p).cors.origins.push('https://b.example.com'),
    'cors-origin-added',
    'cors-origin-gone',
  ),
  row(
    'a wildcard above an origin',
    (p) => (orders(p).cors.origins = ['https://*.example.com']),
    'cors-origin-added',
    'cors-origin-gone',
    (p) => (orders(p).cors.origins = ['https://shop.example.com']),
  ),
  row('every origin', (p) => (orders(p).cors.origins = ['*']), 'cors-origin-added', 'cors-origin-gone'),
  row(
    'credentials of the user',
    (p) => (orders(p).cors.credentials = true),
    'cors-credentials-on',
    'cors-credentials-off',
  ),
  row(
    'fewer methods for scripts',
    (p) => (orders(p).cors.methods = ['GET', 'HEAD']),
    'cors-methods-gone',
    'cors-methods-added',
  ),
  row(
    'one more header to set',
    (p) => orders(p).cors.headers.push('x-c'),
    'cors-headers-added',
    'cors-headers-gone',
  ),
  row('every header to set', (p) => delete orders(p).cors.headers, 'cors-headers-added', 'cors-headers-gone'),
  row(
    'one more header to read',
    (p) => orders(p).cors.expose_headers.push('x-c'),
    'cors-exposed-added',
    'cors-exposed-gone',
  ),
  row(
    'another time for preflights',
    (p) => (orders(p).cors.max_age = '1h'),
    'cors-max-age-changed',
    'cors-max-age-changed',
  ),
]

const GUARD: readonly Row[] = [
  row('no security headers', (p) => (secure(p).guard = 'off'), 'guard-header-off', 'guard-header-on'),
  row(
    'one of them removed by hand',
    (p) => (secure(p).headers = { response: { remove: ['x-frame-options'] } }),
    'guard-header-off',
    'guard-header-on',
  ),
  row(
    'a looser one',
    (p) => (secure(p).guard = { frame_options: 'SAMEORIGIN' }),
    'guard-header-looser',
    'guard-header-tighter',
  ),
  row(
    'a looser page policy',
    (p) => (secure(p).guard = { content_security_policy: "default-src 'self'" }),
    'guard-header-looser',
    'guard-header-tighter',
  ),
  row(
    'HTTPS for a shorter time',
    (p) => (secure(p).guard = { strict_transport_security: 'max-age=60; includeSubDomains' }),
    'guard-header-looser',
    'guard-header-tighter',
  ),
  row(
    'HTTPS for a shorter time, and for hosts below',
    (p) => (secure(p).guard = { strict_transport_security: 'max-age=60; includeSubDomains' }),
    'guard-header-looser',
    'guard-header-looser',
    (p) => (secure(p).guard = { strict_transport_security: 'max-age=600' }),
  ),
  row(
    'more of the address for the next page',
    (p) => (secure(p).guard = { referrer_policy: 'unsafe-url' }),
    'guard-header-looser',
    'guard-header-tighter',
  ),
  row(
    'a value of which nobody knows',
    (p) => (secure(p).guard = { permissions_policy: 'camera=()' }),
    'guard-header-changed',
    'guard-header-changed',
    (p) => (secure(p).guard = { permissions_policy: 'geolocation=()' }),
  ),
]

const MESSAGES: readonly Row[] = [
  row(
    'more addresses',
    (p) => orders(p).access.allow.push('192.168.0.0/16'),
    'access-wider',
    'access-narrower',
  ),
  row('fewer addresses kept out', (p) => delete orders(p).access.deny, 'access-wider', 'access-narrower'),
  row('no list of addresses', (p) => delete orders(p).access, 'access-wider', 'access-narrower'),
  row('larger bodies', (p) => (orders(p).validate.max_body = '2MB'), 'body-size-looser', 'body-size-tighter'),
  row('no body schema', (p) => delete orders(p).validate.body, 'body-schema-gone', 'body-schema-added'),
  row(
    'another body schema',
    (p) => (orders(p).validate.body = './b.json'),
    'body-schema-changed',
    'body-schema-changed',
  ),
  row(
    'one more parameter',
    (p) => orders(p).validate.query.allowed.push('size'),
    'query-looser',
    'query-tighter',
  ),
  row('every parameter', (p) => delete orders(p).validate.query.allowed, 'query-looser', 'query-tighter'),
  row('more parameters', (p) => (orders(p).validate.query.max_params = 200), 'query-looser', 'query-tighter'),
  row(
    'repeated parameters',
    (p) => (orders(p).validate.query.repeated = true),
    'query-looser',
    'query-tighter',
  ),
  row('a query nobody looks at', (p) => delete orders(p).validate.query, 'query-looser', 'query-tighter'),
]

const SWITCHES: readonly Row[] = [
  row(
    'escaped slashes',
    (p) => (secure(p).path = { encoded_slash: 'allow' }),
    'encoded-slash-allowed',
    'encoded-slash-rejected',
  ),
  row(
    'the credential for the API',
    (p) => (secure(p).forward_credential = true),
    'forward-credential-on',
    'forward-credential-off',
  ),
  row('WebSocket', (p) => (secure(p).websocket = true), 'websocket-on', 'websocket-off'),
  row('report', (p) => (secure(p).mode = 'report'), 'enforcement-less', 'enforcement-more'),
  row(
    'report for one check',
    (p) => (secure(p).mode = { limits: 'report' }),
    'enforcement-less',
    'enforcement-more',
  ),
  row(
    'a smaller share',
    (p) => (secure(p).enforce = '10%'),
    'enforcement-less',
    'enforcement-more',
    (p) => (secure(p).enforce = '50%'),
  ),
  row(
    'report everywhere',
    (p) => (p.mode = 'report'),
    'cors-gone enforcement-less reply-field-passes',
    'cors-added enforcement-more',
  ),
  row(
    'a prefix that is cut',
    (p) => (secure(p).strip_prefix = '/secure'),
    'strip-prefix-changed',
    'strip-prefix-changed',
  ),
  row(
    'a header for the API',
    (p) => (secure(p).headers = { request: { set: { 'x-a': 'b' } } }),
    'request-field-set',
    'client-field-passes',
  ),
  row(
    'a header that is kept from the API',
    (p) => (secure(p).headers = { request: { remove: ['x-a'] } }),
    'headers-changed',
    'client-field-passes',
  ),
  row(
    'a header of the API that is kept back',
    (p) => (secure(p).headers = { response: { remove: ['x-a'] } }),
    'reply-fields-changed',
    'reply-field-passes',
  ),
  row(
    'another value for the client',
    (p) => (secure(p).headers.response.set['cache-control'] = 'public'),
    'reply-fields-changed',
    'reply-fields-changed',
    (p) => (secure(p).headers = { response: { set: { 'cache-control': 'no-store' } } }),
  ),
  row(
    'another upstream',
    (p) => (secure(p).upstream = 'api'),
    'route-upstream-changed upstream-plain upstream-url-changed',
    'route-upstream-changed upstream-encrypted upstream-url-changed',
  ),
]

export const MESSAGE_ROWS: readonly Row[] = [...CORS, ...GUARD, ...MESSAGES, ...SWITCHES]
