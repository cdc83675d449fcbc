import { KEY } from './running.ts'

/** One case: what it says, and what must differ. */
export type Row = readonly [name: string, lines: string, differences: readonly string[]]

/** Cases about what is sent and what comes back. */
export const MESSAGE_CASES: readonly Row[] = [
  ['a forward', 'request: GET /open, expect: { outcome: forward, status: 200, route: open, code: null }', []],
  [
    'what differs is told with both sides',
    'request: GET /open, expect: { outcome: refuse, route: null, code: no_route, status: 404, body: x }',
    [
      'outcome: refuse | forward',
      'route: null | open',
      'code: no_route | null',
      'status: 404 | 200',
      'body: x | ',
    ],
  ],
  [
    'no route',
    'request: GET /none, expect: { outcome: refuse, route: null, code: no_route, upstream: null }',
    [],
  ],
  [
    'the front door',
    'request: GET /a/../b, expect: { outcome: refuse, code: path_refused, status: 400 }',
    [],
  ],
  ['an unserved method', 'request: TRACE /open, expect: { code: method_unsupported, status: 405 }', []],
  ['a method that is none', 'request: WRONG /open, expect: { code: request_malformed, status: 400 }', []],
  [
    'what the door answers',
    'request: { method: OPTIONS, path: "*" }, expect: { outcome: answer, status: 204 }',
    [],
  ],
  [
    'a field twice',
    'request: { path: /open, headers: { host: [a, b] } }, expect: { code: host_invalid }',
    [],
  ],
  ['a host', 'request: { path: /open, host: "a b" }, expect: { code: host_invalid }', []],
  ['the address', 'request: { path: /open, ip: 192.0.2.66 }, expect: { code: address_refused }', []],
  [
    'a trusted proxy',
    'request: { path: /open, ip: 10.0.0.9, headers: { x-forwarded-for: 192.0.2.66 } }, expect: { code: address_refused }',
    [],
  ],
  [
    'headers to the client',
    `request: GET /open, upstream: { status: 201, headers: { server: x, x-a: [1, two] }, body: "hello" },
    expect: { status: 201, body: hello, headers: { Server: null, x-a: "1, two", content-length: 5, x-request-id: { matches: "^[0-9a-f]{32}$" } } }`,
    [],
  ],
  [
    'headers that differ',
    `request: GET /open, upstream: { headers: { x-a: one } },
    expect: { headers: { x-a: null, X-B: two }, body: { matches: a } }`,
    ['headers.x-a: (absent) | one', 'headers.x-b: two | (absent)', 'body: something that matches a | '],
  ],
  [
    'headers to the upstream',
    `request: { path: "/read/a?b=c", headers: { x-api-key: ${KEY}, x-sallyport-org: root } },
    expect: { upstream: { method: GET, path: "/base/a?b=c", headers: { x-sallyport-org: acme, x-api-key: null } } }`,
    [],
  ],
  [
    'an upstream that differs',
    `request: { method: POST, path: /read/a, body: { a: 1 } }, identity: { key: acme },
    expect: { upstream: { method: GET, path: /a, headers: { content-type: text/plain }, body: "{}" } }`,
    [
      'upstream.method: GET | POST',
      'upstream.path: /a | /base/a',
      'upstream.headers.content-type: text/plain | application/json',
      'upstream.body: {} | {"a":1}',
    ],
  ],
  [
    'an upstream that is asked',
    'request: GET /open, expect: { upstream: null }',
    ['upstream: not asked | asked: GET /base/open'],
  ],
  [
    'one that is not',
    'request: GET /none, expect: { upstream: { path: / } }',
    ['upstream: asked | not asked'],
  ],
  [
    'a timeout',
    'request: GET /open, upstream: { fails: timeout }, expect: { outcome: forward, code: upstream_timeout, status: 504 }',
    [],
  ],
  [
    'an API that is gone',
    'request: GET /open, upstream: { fails: unreachable }, expect: { code: upstream_unreachable, status: 502 }',
    [],
  ],
  [
    'an API that resets',
    'request: GET /open, upstream: { fails: reset }, expect: { code: upstream_unreachable, status: 502 }',
    [],
  ],
  [
    'an API that speaks no HTTP',
    'request: GET /open, upstream: { fails: invalid }, expect: { code: upstream_reply_invalid, status: 502 }',
    [],
  ],
  [
    'no content',
    'request: GET /open, upstream: { status: 204 }, expect: { status: 204, headers: { content-length: null } }',
    [],
  ],
  [
    'a HEAD',
    'request: HEAD /open, upstream: { body: abc }, expect: { status: 200, body: "", headers: { content-length: 3 } }',
    [],
  ],
  [
    'a body',
    'request: { method: POST, path: /write, body: { title: a } }, identity: { key: acme }, expect: { status: 200 }',
    [],
  ],
  [
    'a bad body',
    'request: { method: POST, path: /write, body: [] }, identity: { key: acme }, expect: { code: body_invalid }',
    [],
  ],
  [
    'a body as text',
    'request: { method: POST, path: /write, body: "{}" }, identity: { key: acme }, expect: { code: media_type_refused }',
    [],
  ],
  ['no body', 'request: POST /write, identity: { key: acme }, expect: { code: body_invalid }', []],
  [
    'a large body',
    `request: { method: POST, path: /write, body: { title: ${'a'.repeat(60)} } }, identity: { key: acme }, expect: { code: body_too_large }`,
    [],
  ],
  [
    'a length that lies',
    'request: { method: POST, path: /read/a, headers: { content-length: "9" }, body: abc }, identity: { key: acme }, expect: { status: 200 }',
    ['reply: a whole one | no reply within 2000 ms', 'status: 200 | 0'],
  ],
]
