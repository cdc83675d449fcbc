import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { limits } from '../../src/cli/limits.ts'
import { freePort } from '../support/redis.ts'
import { TOKEN } from './limits-gate.ts'
import { runCommand } from './output.ts'

const env = { SALLYPORT_ADMIN_TOKEN: TOKEN }
const show = (...args: string[]) => runCommand(limits, ['show', ...args], { env })

/** Something that listens where the admin listener should. */
async function peer(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const GIVEN_UP = {
  state: 'open',
  since: '2026-11-21T09:00:00.000Z',
  failures: 1,
  last_problem: 'timeout',
  instead: { local: 1, allow: 0, deny: 0 },
}

function policyWith(t: Test, admin: string): string {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, `version: 1\n${admin}\nroutes: []\nother: "$\{env:NOT_HERE}"\n`)
  return file
}

t.test('nothing that listens is told as such', async (t) => {
  const { code, stderr } = await show('--admin', `http://127.0.0.1:${await freePort()}`)
  t.equal(code, 1)
  t.match(stderr, /^sallyport limits: http:\/\/127\.0\.0\.1:\d+: nothing listens there; .*`admin`\?\n$/)
})

t.test('a policy without `admin` is told as such', async (t) => {
  const { code, stderr } = await show('--policy', policyWith(t, ''))
  t.equal(code, 1)
  t.match(stderr, /policy\.yaml has no `admin`/)
})

t.test('a peer that never answers is not waited for, nor one that never ends', async (t) => {
  const peers = [
    await peer(t, () => undefined),
    await peer(t, (_request, response) => void response.write('{')),
  ]
  for (const { code, stderr } of await Promise.all(peers.map((url) => show('--admin', url)))) {
    t.equal(code, 1)
    t.match(stderr, /no answer within 3 s/)
  }
})

t.test('what is no admin listener is told as such, and cannot command the terminal', async (t) => {
  const answers: [number, string, RegExp][] = [
    [200, '<html>', /not the answer of an admin listener/],
    [200, '{"limits":1}', /not the answer of an admin listener/],
    [404, '"no"', /404/],
    [503, '{"detail":"\\u001b[2J\u202e"}', /503 /],
  ]
  for (const [status, body, told] of answers) {
    const url = await peer(t, (_request, response) => {
      response.writeHead(status).end(body)
    })
    const { code, stdout, stderr } = await show('--admin', url)
    t.strictSame([code, stdout], [1, ''], body)
    t.match(stderr, told)
    t.notMatch(stderr.trimEnd(), /[\p{Cc}\p{Cf}]/u)
  }
})

t.test('a redirection is not followed: whoever it leads to would be believed', async (t) => {
  let asked = 0
  const other = await peer(t, (_request, response) => {
    asked++
    response.end('{"limits":[],"store":null}')
  })
  const url = await peer(t, (_request, response) => {
    response.writeHead(302, { location: `${other}/limits` }).end()
  })
  t.match(await show('--admin', url), { code: 1, stdout: '' })
  t.equal(asked, 0)
})

t.test('names in an answer cannot command the terminal either', async (t) => {
  const hostile = {
    counted_in: 'fallback',
    limit: '\u001b[2J',
    bucket: '\u009b2J\u202e\n',
    rate: '1/day',
    max: 1,
    remaining: 1,
    resets_at: null,
  }
  const url = await peer(t, (_request, response) => void response.end(JSON.stringify(hostile)))
  for (const more of [[], ['--json']]) {
    const { code, stdout } = await show('x', '--admin', url, ...more)
    t.equal(code, 0)
    t.notMatch(stdout.replace(/\n/g, ''), /[\p{Cc}\p{Cf}]/u)
  }
})

t.test('an answer without end is cut', async (t) => {
  const url = await peer(t, (_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  t.match(await show('--admin', url), { code: 1, stderr: /the answer is too long/ })
})

t.test('the listener is found where the policy says, whatever else is wrong in it', async (t) => {
  const asked: (string | undefined)[] = []
  const url = await peer(t, (request, response) => {
    asked.push(request.headers.authorization)
    response.end(JSON.stringify({ limits: [], store: GIVEN_UP }))
  })
  const port = new URL(url).port
  for (const listen of [`127.0.0.1:${port}`, `0.0.0.0:${port}`]) {
    const file = policyWith(t, `admin: { listen: "${listen}", token: "$\{env:SALLYPORT_ADMIN_TOKEN}" }`)
    t.match(await show('--policy', file), {
      code: 0,
      stdout: /\nshared store: given up: timeout, since 2026-11-21T09:00:00\.000Z\n$/,
    })
  }
  t.strictSame(asked, [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`])
})

t.test('what cannot be asked is wrong use, and no secret is in any message', async (t) => {
  const canary = 'canary-password'
  const urls = [
    'nonsense',
    'file:///etc/passwd',
    `http://me:${canary}@127.0.0.1:1`,
    `http://127.0.0.1:1/?${canary}`,
  ]
  for (const url of urls) {
    const { code, stderr } = await show('--admin', url)
    t.match([code, stderr], [2, /--admin takes a URL/], url)
    t.notMatch(stderr, canary)
  }
  t.match(await runCommand(limits, ['show', '--admin', 'http://127.0.0.1:1']), {
    code: 2,
    stderr: /SALLYPORT_ADMIN_TOKEN/,
  })
  t.match(await show('--policy', 'nowhere.yaml'), { code: 2, stderr: /nowhere\.yaml cannot be read/ })
  t.match(
    await show('--policy', policyWith(t, 'admin: { listen: "127.0.0.1:0", token: 0123456789abcdef }')),
    {
      code: 2,
      stderr: /names no port/,
    },
  )
  for (const token of [`${TOKEN}\r\nx: y`, `${TOKEN} `, `${TOKEN}\u0100`]) {
    const bad = { SALLYPORT_ADMIN_TOKEN: token }
    const { code, stderr } = await runCommand(limits, ['show', '--admin', 'http://127.0.0.1:1'], { env: bad })
    t.match([code, stderr], [1, /the token holds/])
    t.notMatch(stderr, TOKEN)
  }
  const short = policyWith(t, 'admin: { listen: "127.0.0.1:9", token: canary-short }')
  const { code, stderr } = await show('--policy', short)
  t.equal(code, 1)
  t.match(stderr, /policy\.yaml:2:\d+: `token` must have at least 16 characters\n$/)
  t.notMatch(stderr, 'canary')
})

t.test('what is wrong with `admin` is told here, and nothing of the rest of the file', async (t) => {
  const env = { SALLYPORT_ADMIN_TOKEN: 'canary' }
  const file = policyWith(t, 'admin: { listen: nowhere, token: "${env:SALLYPORT_ADMIN_TOKEN}" }')
  const { code, stderr } = await runCommand(limits, ['show', '--policy', file], { env })
  t.equal(code, 1)
  t.match(stderr, /policy\.yaml:2:\d+: `listen`/)
  t.match(stderr, /policy\.yaml:2:\d+: .* does not fit `token`/)
  t.notMatch(stderr, /canary|NOT_HERE/)
  const unset = await runCommand(limits, ['show', '--policy', file], { env: {} })
  t.match(unset, { code: 1, stderr: /SALLYPORT_ADMIN_TOKEN is not set/ })
  const nothing = await show('--policy', policyWith(t, 'admin: { listen: "127.0.0.1:9" }'))
  t.match(nothing, { code: 1, stderr: /`token` is missing/ })
})
