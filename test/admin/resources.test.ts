import { writeFileSync } from 'node:fs'
import t from 'tap'
import { adminScene, JSON_POST, policyText, SECRET, TOKEN } from './scene.ts'

t.test('the policy in force is told with its routes', async (t) => {
  const { ask, current } = await adminScene(t)
  const { status, text } = await ask('/policy')
  t.equal(status, 200)
  t.strictSame(JSON.parse(text), {
    hash: current.loaded.policy.hash,
    loaded_at: '1970-01-01T00:00:01.000Z',
    last_reload: { good: true, at: '1970-01-01T00:00:01.000Z', problems: [] },
    route_count: 2,
    routes: [
      {
        ...shared,
        checks: ['auth', 'identity'],
        id: 'open',
        pattern: '/open',
        methods: ['GET', 'HEAD'],
        auth: ['none'],
      },
      {
        ...shared,
        checks: ['auth', 'limit', 'identity'],
        id: 'closed',
        pattern: '/closed/*',
        methods: ['GET', 'POST', 'HEAD'],
        auth: ['key'],
      },
    ],
  })
})

const shared = { upstream: 'legacy', mode: 'enforce', reported: [], enforced_percent: 100, websocket: false }

t.test('the circuits are told', async (t) => {
  const { ask } = await adminScene(t)
  t.strictSame(JSON.parse((await ask('/circuits')).text), {
    circuits: [
      { name: 'legacy', state: 'open', opened_at: '1970-01-01T00:00:01.000Z' },
      { name: 'other', state: 'closed', opened_at: null },
    ],
  })
})

t.test('the health is what the ops listener tells', async (t) => {
  const { ask } = await adminScene(t)
  t.strictSame(JSON.parse((await ask('/health')).text), { status: 'ok', ready: true, policy: { hash: 'ab' } })
})

t.test('the text is the file, with references as they were written', async (t) => {
  const { ask } = await adminScene(t)
  const { status, text, headers } = await ask('/policy/text')
  t.equal(status, 200)
  t.equal(text, policyText())
  t.equal(headers.get('content-type'), 'text/yaml; charset=utf-8')
})

t.test('the text is that of the policy in force, not of a file that was refused', async (t) => {
  const { ask, file } = await adminScene(t)
  writeFileSync(file, policyText('rotues: []'))
  t.equal((await ask('/policy/reload', JSON_POST)).status, 409)
  t.equal((await ask('/policy/text')).text, policyText())
})

t.test('a file that holds its token is not shown, however the token is spelt', async (t) => {
  const escaped = `"\\x63${TOKEN.slice(1)}"`
  for (const token of [TOKEN, escaped, 'another-token-0123456789']) {
    const { ask } = await adminScene(t, policyText('', token))
    const { status, text } = await ask('/policy/text')
    t.equal(status, 409, token)
    t.match(JSON.parse(text), { code: 'policy_text_refused' })
  }
})

t.test('a file with the token in a comment is not shown', async (t) => {
  const { ask } = await adminScene(t, policyText(`# was ${TOKEN}`))
  t.equal((await ask('/policy/text')).status, 409)
})

t.test('no secret is in any reply, log line or audit line', async (t) => {
  const limits = 'limits: { all: { by: global, rate: 60/minute } }'
  const { ask, file, said, events } = await adminScene(t, policyText(limits))
  const replies = []
  const paths = ['/policy', '/policy/text', '/circuits', '/limits', '/limits/all', '/health', '/openapi.json']
  for (const path of [...paths, '/nothing']) {
    replies.push(await ask(path))
  }
  replies.push(await ask('/limits/all/reset', JSON_POST), await ask('/policy/reload', JSON_POST))
  t.strictSame(
    replies.map(({ status }) => status).filter((status) => status !== 200),
    [404],
  )
  writeFileSync(file, policyText('rotues: []'))
  replies.push(await ask('/policy/reload', JSON_POST))
  const all = replies.map(({ text, headers }) => text + JSON.stringify([...headers]))
  for (const secret of [TOKEN, SECRET])
    t.notOk([...all, JSON.stringify([said, events])].join().includes(secret))
})

t.test('what is not a resource is 404', async (t) => {
  const { ask } = await adminScene(t)
  for (const path of [
    '/',
    '/policy/',
    '/policy/reload',
    '/Policy',
    '/policy/text/x',
    '/documentation/json',
  ]) {
    t.match(JSON.parse((await ask(path)).text), { status: 404, code: 'no_route' }, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY']) {
    t.equal((await ask('/policy', { ...JSON_POST, method })).status, 404, method)
  }
})
