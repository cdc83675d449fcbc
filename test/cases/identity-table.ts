import type { Row } from './case-table.ts'
import { KEY } from './running.ts'

/** Cases about who asks and when. */
export const IDENTITY_CASES: readonly Row[] = [
  [
    'a key by its id',
    'request: GET /read/a, identity: { key: acme }, expect: { outcome: forward, charged: { few: 1 } }',
    [],
  ],
  [
    'a key for an authenticator',
    'request: GET /read/a, identity: { key: acme, authenticator: key }, expect: { status: 200 }',
    [],
  ],
  ['a key itself', `request: GET /read/a, identity: { key_text: ${KEY} }, expect: { outcome: forward }`, []],
  ['a wrong one', 'request: GET /read/a, identity: { key_text: wrong }, expect: { code: key_invalid }', []],
  [
    'an unknown one',
    'request: GET /read/a, identity: unknown, expect: { code: key_invalid, status: 401 }',
    [],
  ],
  ['two', 'request: GET /read/a, identity: ambiguous, expect: { code: credential_ambiguous }', []],
  [
    'none, whatever is shown',
    `request: { path: /read/a, headers: { x-api-key: ${KEY} } }, identity: none, expect: { code: key_missing }`,
    [],
  ],
  [
    'none',
    'request: GET /read/a, expect: { code: key_missing, headers: { www-authenticate: { matches: ApiKey } } }',
    [],
  ],
  [
    'somebody',
    'request: GET /read/a, identity: { subject: ann, org: o, scopes: [read], roles: [r] }, expect: { upstream: { headers: { x-sallyport-roles: r } } }',
    [],
  ],
  [
    'the clock before',
    'request: GET /talk, identity: { key: brief }, at: 2027-01-31T23:59:59Z, expect: { status: 200 }',
    [],
  ],
  [
    'the clock after',
    'request: GET /talk, identity: { key: brief }, at: 2027-02-01, expect: { code: key_expired }',
    [],
  ],
  ['a revoked key', 'request: GET /talk, identity: { key: gone }, expect: { code: key_revoked }', []],
  [
    'a key of another route',
    'request: GET /talk, identity: { key: narrow }, expect: { code: key_route_refused, charged: {} }',
    [],
  ],
]

/** Cases about what is counted, and which checks are asked. */
export const COUNTER_CASES: readonly Row[] = [
  [
    'a limit that is full',
    'request: GET /talk, identity: { key: acme }, counters: { few: 2 }, expect: { code: rate_limited, headers: { retry-after: 60 } }',
    [],
  ],
  [
    'a limit that is more than full',
    'request: GET /talk, identity: { key: acme }, counters: { few: 900 }, expect: { code: rate_limited }',
    [],
  ],
  [
    'a limit that is not',
    'request: GET /talk, identity: { key: acme }, counters: { few: 1 }, expect: { status: 200, charged: { few: 1 } }',
    [],
  ],
  [
    'the last of several',
    'request: GET /talk, identity: { key: acme }, repeat: 3, expect: { code: rate_limited, charged: {} }',
    [],
  ],
  [
    'the one before',
    'request: GET /talk, identity: { key: acme }, repeat: 2, expect: { status: 200, charged: { few: 1 } }',
    [],
  ],
  [
    'what is charged',
    'request: GET /talk, identity: { key: acme }, expect: { charged: { quota: 1 } }',
    ['charged: {"quota":1} | {"few":1}'],
  ],
  [
    'what is given back',
    'request: GET /both, identity: { key: acme }, counters: { few: 2 }, expect: { code: rate_limited, charged: {} }',
    [],
  ],
  [
    'a limit that is brought along',
    'request: GET /talk, identity: { subject: ann, limits: [quota] }, counters: { quota: 10 }, expect: { code: quota_exhausted }',
    [],
  ],
  [
    'what is spent before, once for all of several',
    'request: GET /talk, identity: { subject: ann, limits: [quota] }, counters: { quota: 5 }, repeat: 5, expect: { status: 200 }',
    [],
  ],
  ['a cooldown', 'request: GET /open, repeat: 6, expect: { code: cooldown }', []],
  [
    'places that are taken',
    'request: GET /slow, identity: { key: acme }, counters: { places: { under_way: 2 } }, expect: { code: concurrency_exceeded }',
    [],
  ],
  [
    'a place that is free',
    'request: GET /slow, identity: { key: acme }, counters: { places: { under_way: 1 } }, repeat: 4, expect: { status: 200 }',
    [],
  ],
  [
    'counters of a limit that the request does not come to',
    'request: GET /talk, identity: { key: acme }, counters: { quota: 10, few: 1 }, expect: { status: 200 }',
    ['counters.quota: a limit that this request comes to | it does not come to it: leave it out'],
  ],
  [
    'counters of a request that is refused before',
    'request: GET /talk, counters: { few: 1 }, expect: { code: key_missing }',
    ['counters.few: a limit that this request comes to | it does not come to it: leave it out'],
  ],
  [
    'what came before, by the same',
    'before: [{ request: GET /read/a, identity: { key: acme }, repeat: 2 }], request: GET /talk, identity: { key: acme }, expect: { code: rate_limited, charged: {} }',
    [],
  ],
  [
    'what came before, by somebody else',
    'before: [{ request: GET /talk, identity: { subject: ann }, repeat: 2 }], request: GET /talk, identity: { key: acme }, expect: { status: 200, charged: { few: 1 } }',
    [],
  ],
  [
    'counters are of the request itself, not of what came before',
    'before: [{ request: GET /talk, identity: { subject: ann } }], request: GET /talk, identity: { key: acme }, counters: { few: 2 }, expect: { code: rate_limited }',
    [],
  ],
  [
    'what came before is told of nowhere',
    'before: [{ request: GET /none }], request: GET /open, expect: { outcome: forward, code: null, route: open }',
    [],
  ],
  ['the checks', 'request: GET /read/a, expect: { checks: [auth] }', []],
  [
    'the checks up to the end',
    'request: GET /open, expect: { checks: [access, limit, identity] }',
    ['checks: ["access","limit","identity"] | ["access","limit","auth","identity"]'],
  ],
  [
    'what is only reported',
    'request: GET /watched, identity: { subject: ann }, expect: { outcome: forward, code: null, reported: [scope_missing] }',
    [],
  ],
  [
    'nothing reported',
    'request: GET /open, expect: { reported: [rate_limited] }',
    ['reported: ["rate_limited"] | []'],
  ],
]
