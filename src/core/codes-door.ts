/** Codes of what ends before any check is asked: see codes.ts. */
export const DOOR_CODES = {
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
    help: 'CONNECT and TRACE end at the front door. A method that Node does not know is no well-formed request.',
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
} as const
