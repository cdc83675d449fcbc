import { writeFileSync } from 'node:fs'
import t from 'tap'
import { AdminToken } from '../../src/admin/token.ts'
import { adminScene, JSON_POST, policyText, TOKEN } from './scene.ts'

const who = new AdminToken(TOKEN).fingerprint

t.test('a good file is taken over, with one line in the log and one in the audit', async (t) => {
  const { ask, file, current, said, events } = await adminScene(t)
  const before = current.loaded.policy.hash
  writeFileSync(file, policyText('# better'))
  const { status, text, headers } = await ask('/policy/reload', JSON_POST)
  const after = current.loaded.policy.hash
  t.equal(status, 200)
  t.not(after, before)
  t.strictSame(JSON.parse(text), { hash: after, before, loaded_at: '1970-01-01T00:00:01.000Z' })
  t.match(said, [['info', 'policy reloaded', { why: `admin API: token ${who} from 127.0.0.1` }]])
  t.equal(said.length, 1)
  const { time, ...event } = events[0] ?? {}
  t.match(time, /^\d{4}-.*Z$/)
  t.strictSame(event, {
    type: 'admin',
    id: headers.get('x-request-id'),
    who,
    address: '127.0.0.1',
    action: 'policy.reload',
    good: true,
    before,
    after,
  })
  t.equal(events.length, 1)
})

t.test('S2 a broken file is 409 with its problems, and the old policy stays', async (t) => {
  const { ask, file, current, said, events } = await adminScene(t)
  const before = current.loaded
  writeFileSync(file, policyText('rotues: []'))
  const { status, text, headers } = await ask('/policy/reload', JSON_POST)
  t.equal(status, 409)
  t.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.match(JSON.parse(text), { code: 'policy_refused', problems: [/policy\.yaml:\d+:1: .*rotues/] })
  t.equal(current.loaded, before)
  t.match(said, [['error', 'reload refused: the old policy stays', { why: /token/ }]])
  const { hash } = before.policy
  t.match(events, [{ action: 'policy.reload', good: false, before: hash, after: hash }])
  t.match(JSON.parse((await ask('/policy')).text), {
    hash,
    last_reload: { good: false, problems: [/rotues/] },
  })
})

t.test('an empty body and an empty object ask for the same', async (t) => {
  const { ask } = await adminScene(t)
  for (const body of ['', '{}', ' { } ']) {
    t.equal((await ask('/policy/reload', { ...JSON_POST, body })).status, 200, body)
  }
})

t.test('any other body is refused, and nothing is reloaded', async (t) => {
  const { ask, events } = await adminScene(t)
  const bodies = [
    '{"file":"/etc/passwd"}',
    '{"__proto__":{}}',
    '[]',
    'null',
    '1',
    '"x"',
    '{',
    '{"constructor":{"prototype":{}}}',
  ]
  for (const body of bodies) t.equal((await ask('/policy/reload', { ...JSON_POST, body })).status, 422, body)
  t.strictSame(events, [])
})

t.test('a GET reloads nothing', async (t) => {
  const { ask, events } = await adminScene(t)
  t.equal((await ask('/policy/reload')).status, 404)
  t.strictSame(events, [])
})

t.test('with if-match only the policy that it names is replaced', async (t) => {
  const { ask, current, events } = await adminScene(t)
  const post = (tag: string) =>
    ask('/policy/reload', { ...JSON_POST, headers: { ...JSON_POST.headers, 'if-match': tag } })
  const { hash } = current.loaded.policy
  const before = current.loaded
  for (const tag of [hash, `W/"${hash}"`, '"0123456789abcdef"', '""', '', `"${hash.toUpperCase()}x"`]) {
    const { status, text } = await post(tag)
    t.match(
      [status, JSON.parse(text)],
      [412, { code: 'policy_changed', detail: `The policy in force is ${hash}.` }],
      tag,
    )
  }
  t.equal(current.loaded, before)
  t.strictSame(events, [])
  for (const tag of [`"${hash}"`, '*', `"0123456789abcdef", "${hash}"`])
    t.equal((await post(tag)).status, 200, tag)
  t.equal(events.length, 3)
})
