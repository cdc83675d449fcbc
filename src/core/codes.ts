/**
 * Every reason for which Sallyport itself answers: the one table for replies, audit, metrics, explanations, tests, docs.
 */
export interface CodeInfo {
  readonly status: number
  /** All that a client is told. */
  readonly title: string
  /** What the operator of the gate can do about it; for docs/errors.md. */
  readonly help: string
}

const TABLE = {
  // The front door: what no honest client sends. The connection is closed.
  request_malformed: {
    status: 400,
    title: 'The request is not well-formed HTTP/1.1.',
    help: 'The bytes break RFC 9112, e.g. two lengths, a bare line feed, a bad chunk. Look at the client or at the proxy in front.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive.',
    help: 'Head or body came too slowly. See `server.timeout` in the policy.',
  },
  version_unsupported: {
    status: 505,
    title: 'Only HTTP/1.1 and HTTP/1.0 are spoken here.',
    help: 'The request line names another version.',
  },
  transfer_coding_unsupported: {
    status: 501,
    title: 'Only the chunked transfer coding is understood.',
    help: 'Send the body with `content-length` or plain `transfer-encoding: chunked`.',
  },
  method_unsupported: {
    status: 405,
    title: 'This method is not served.',
    help: 'CONNECT, TRACE and unknown methods end at the front door.',
  },
  target_refused: {
    status: 400,
    title: 'The request target is not acceptable.',
    help: 'Only origin-form targets (`/path?query`), and absolute ones that name the same host, are taken.',
  },
  target_too_long: {
    status: 414,
    title: 'The request target is too long.',
    help: 'See `server.max_target`.',
  },
  path_refused: {
    status: 400,
    title: 'The path is ambiguous.',
    help: 'Dot segments, empty segments, backslashes, encoded slashes, control bytes and broken escapes could mean another path to the API than to the gate. `path.encoded_slash: allow` admits `%2F` on a route.',
  },
  headers_too_large: {
    status: 431,
    title: 'The header section is too large.',
    help: 'Too many fields or too many bytes. See `server.max_headers` and `server.max_header_size`.',
  },
  header_refused: {
    status: 400,
    title: 'A header field is not acceptable.',
    help: 'A name with `_` that many servers read as one with `-`, or a field twice that may come once.',
  },
  host_invalid: {
    status: 400,
    title: 'The Host header is missing, doubled or not a host.',
    help: 'RFC 9112 3.2 asks for exactly one well-formed Host.',
  },
  host_unknown: {
    status: 421,
    title: 'This host is not served here.',
    help: 'The Host is not in `hosts`.',
  },
  expect_refused: {
    status: 417,
    title: 'The expectation cannot be met.',
    help: 'Only `expect: 100-continue` is known.',
  },
  upgrade_refused: {
    status: 403,
    title: 'This route does not switch protocols.',
    help: 'Set `websocket: true` on the route when its API speaks WebSocket.',
  },
  credential_ambiguous: {
    status: 400,
    title: 'More than one credential was sent.',
    help: 'Two credentials may belong to two principals, so none is believed. Send one.',
  },

  // Routing
  no_route: {
    status: 404,
    title: 'There is no such resource.',
    help: 'No route matches host, method and path; what no route names is refused. Add a route.',
  },

  // cors, access
  origin_refused: {
    status: 403,
    title: 'This origin may not use the resource.',
    help: 'The Origin of the preflight is not in `cors.origins`, or it asks for a method or header that is not listed.',
  },
  address_refused: {
    status: 403,
    title: 'This address may not use the resource.',
    help: 'The client address is not in `access.allow`, or is in `access.deny`.',
  },

  // key
  key_missing: {
    status: 401,
    title: 'A credential is required.',
    help: 'The route asks for one and none was sent where its authenticators look.',
  },
  key_invalid: {
    status: 401,
    title: 'The credential is not valid.',
    help: 'Malformed, mistyped (the checksum tells) or unknown.',
  },
  key_expired: {
    status: 401,
    title: 'The credential has expired.',
    help: 'The `expires` of the key has passed. Issue a new one.',
  },
  key_revoked: {
    status: 401,
    title: 'The credential was revoked.',
    help: 'The key is marked `revoked: true`.',
  },
  key_route_refused: {
    status: 403,
    title: 'The credential is not for this resource.',
    help: 'The key lists `routes` and this one is not among them.',
  },

  // scopes
  scope_missing: {
    status: 403,
    title: 'The credential lacks a permission.',
    help: 'The route asks for scopes (`allow.scopes`) that the principal does not hold.',
  },
  role_missing: {
    status: 403,
    title: 'The credential lacks a role.',
    help: 'The route asks for one of `allow.roles`.',
  },
  org_refused: {
    status: 403,
    title: 'The organisation may not use the resource.',
    help: "The principal's org is not in `allow.orgs`.",
  },

  // limit
  rate_limited: {
    status: 429,
    title: 'Too many requests.',
    help: 'A `rate` or `burst` of a limit is used up; `retry-after` tells when to come back.',
  },
  quota_exhausted: {
    status: 429,
    title: 'The quota is used up.',
    help: 'A calendar `quota` is used up; it starts anew at the next UTC day or month.',
  },

  // validate
  body_too_large: {
    status: 413,
    title: 'The body is too large.',
    help: 'See `validate.max_body` of the route.',
  },
  body_invalid: {
    status: 422,
    title: 'The body does not have the expected form.',
    help: 'It is not JSON, or not what the schema of `validate.body` asks for.',
  },
  media_type_refused: {
    status: 415,
    title: 'The media type is not accepted.',
    help: '`validate.body` judges JSON; send `content-type: application/json` and no content coding.',
  },
  query_invalid: {
    status: 400,
    title: 'The query does not have the expected form.',
    help: 'See `validate.query` of the route.',
  },

  // The upstream
  circuit_open: {
    status: 503,
    title: 'The service is recovering.',
    help: 'The upstream failed too often; the circuit lets a trial request through after `circuit.open_for`.',
  },
  upstream_unreachable: {
    status: 502,
    title: 'The service cannot be reached.',
    help: 'Refused, reset, not resolved, or its certificate was not accepted.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The service did not answer in time.',
    help: 'See `timeout` of the upstream: connect, response, idle.',
  },
  upstream_reply_invalid: {
    status: 502,
    title: 'The service gave an unusable answer.',
    help: 'The upstream broke HTTP: odd framing, endless headers, an unasked upgrade.',
  },

  // admin
  admin_token_invalid: {
    status: 401,
    title: 'A valid token is required.',
    help: 'The admin API was asked without its token or with another one; after ten wrong ones in a minute the address has to wait. See `admin.token`.',
  },
  policy_refused: {
    status: 409,
    title: 'The policy file is refused, the old policy stays.',
    help: 'The admin API was told to reload a file that cannot be used; `problems` in the reply name line and column.',
  },
  policy_text_refused: {
    status: 409,
    title: 'The policy file holds the token itself.',
    help: 'The admin API shows no file that holds its own token. Write a reference such as `${env:SALLYPORT_ADMIN_TOKEN}`.',
  },

  // Sallyport itself
  overloaded: {
    status: 503,
    title: 'The gate is busy.',
    help: 'More connections or memory than the bounds allow. See `server`.',
  },
  draining: {
    status: 503,
    title: 'The gate is shutting down.',
    help: 'A SIGTERM came; send the request to another replica.',
  },
  client_closed: {
    status: 499,
    title: 'The client went away.',
    help: 'Never sent: it marks, in audit and metrics, a request whose client left before the reply.',
  },
  internal: {
    status: 500,
    title: 'The gate failed.',
    help: 'An unexpected error in the gate itself. It refuses, and logs the error with the request id.',
  },
} as const satisfies Record<string, CodeInfo>

export type Code = keyof typeof TABLE

export const CODES: Readonly<Record<Code, CodeInfo>> = Object.freeze(TABLE)
