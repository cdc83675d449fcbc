import t from 'tap'
import { counted } from '../../src/cli/counted.ts'
import { replayText } from '../../src/cli/replay-text.ts'
import type { ReplayResult } from '../../src/replay/result.ts'

t.test('one of a thing, and several', async (t) => {
  const words = [0, 1, 2, 2000].map((count) => counted(count, 'request'))
  t.strictSame(words, ['0 requests', '1 request', '2 requests', '2,000 requests'])
  t.equal(counted(1, 'retry', 'retries'), '1 retry')
  t.equal(counted(2, 'retry', 'retries'), '2 retries')
})

const GROUP: ReplayResult['groups'][number] = {
  change: 'refused',
  route: 'a',
  new_route: 'a',
  was: 'forward',
  would_be: 'key_missing',
  requests: 1,
  keys: [],
  orgs: [],
  clients: [],
  first: '2026-01-01T00:00:00.000Z',
  last: '2026-01-01T00:00:00.000Z',
  examples: [],
}
const NOBODY = { requests: 0, keys: 0, orgs: 0, clients: 0, at_least: [] }
const RESULT: ReplayResult = {
  policy: '0123456789abcdef',
  recorded_policies: [],
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T00:00:00.000Z',
  lines: { requests: 2, other: 0, broken: 1, dropped: 1, outside: 1, late: 1 },
  compared: 2,
  same: 1,
  changed: 1,
  refused: { requests: 1, keys: 1, orgs: 1, clients: 1, at_least: [] },
  let_in: NOBODY,
  other: NOBODY,
  groups: [GROUP],
  ungrouped: 0,
  not_compared: { malformed: 1, circumstances: 1, incomplete: 1, unread: 1 },
  guesses: { carried: 1, assumed: 1, client: 1 },
}

t.test('of very many it is told that they are at least so many', async (t) => {
  const refused = {
    requests: 2000,
    keys: 1000,
    orgs: 1,
    clients: 1000,
    at_least: ['keys', 'clients'] as const,
  }
  t.match(
    replayText({ ...RESULT, refused }),
    '  2,000 let through, would be refused: at least 1,000 keys, 1 org, at least 1,000 client addresses\n',
  )
})

t.test('a replay of little has no "1 are" and no "1 were"', async (t) => {
  const text = replayText(RESULT)
  t.match(text, /: 1 decision changes, 1 stays\n/)
  t.notMatch(text, /\b1 (?:\w+ )*?(?:are|were|requests|lines|decisions|keys)\b/)
})
