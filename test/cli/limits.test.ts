import t from 'tap'
import { limits } from '../../src/cli/limits.ts'
import { freePort } from '../support/redis.ts'
import { limitsGate, runProcess, TOKEN } from './limits-gate.ts'
import { runCommand } from './output.ts'

const ESC = '\u001b'

t.test('the limits of a running gate are listed', async (t) => {
  const { cli } = await limitsGate(t)
  t.strictSame(await cli('show'), {
    code: 0,
    stderr: '',
    stdout: `LIMIT   BY          ALLOWS      ROUTES  KEYS
public  ip          5/hour      1       0
all     global      4000/month  1       0
each    key, route  50/hour     1       1
`,
  })
  const { stdout } = await cli('show', '--json')
  t.match(JSON.parse(stdout), {
    limits: [{ name: 'public' }, { name: 'all' }, { name: 'each' }],
    store: null,
  })
})

t.test('what live requests have spent is shown, and showing spends nothing', async (t) => {
  const { cli, spend } = await limitsGate(t)
  for (let i = 0; i < 3; i++) t.equal(await spend(), 200)
  for (let i = 0; i < 4; i++) {
    const { code, stdout } = await cli('show', 'public', '--ip', '127.0.0.1')
    t.equal(code, 0)
    t.match(
      stdout,
      /^LIMIT +BUCKET +WINDOW +USED +LEFT +FREE AGAIN\npublic +ip 127\.0\.0\.1 +5\/hour +3 of 5 +2 +\d{4}-\S+Z\n$/,
    )
  }
  t.match((await cli('show', 'all')).stdout, /global +4000\/month +3 of 4000 +3997/)
  t.match((await cli('show', 'each', '--ip', '::ffff:127.0.0.1', '--route', 'open')).stdout, /3 of 50 +47/)
  t.match((await cli('show', 'each', '--key', 'one', '--route', 'open')).stdout, /0 of 50 +50 +-\n/)
  t.strictSame([await spend(), await spend(), await spend()], [200, 200, 429])
})

t.test('reset lets a client in again, and is audited', async (t) => {
  const { cli, spend, gate } = await limitsGate(t)
  while ((await spend()) === 200);
  const { code, stdout } = await cli('reset', 'public', '--ip', '127.0.0.1')
  t.equal(code, 0)
  t.match(
    stdout,
    /public +ip 127\.0\.0\.1 +before +5\/hour +5 of 5 +0 .*\npublic +ip 127\.0\.0\.1 +now +5\/hour +0 of 5 +5 /,
  )
  t.equal(await spend(), 200)
  await gate.stop('SIGTERM')
  t.match(
    gate.audit.filter(({ type }) => type === 'admin'),
    [
      {
        action: 'limit.reset',
        limit: 'public',
        bucket: 'ip 127.0.0.1',
        before: '0 left of 5/hour',
        after: '5 left of 5/hour',
      },
    ],
  )
})

t.test('a terminal has a bar, coloured unless it is asked not to', async (t) => {
  const { spend, url } = await limitsGate(t)
  for (let i = 0; i < 4; i++) await spend()
  const args = ['show', 'public', '--ip', '127.0.0.1', '--admin', url]
  const env = { SALLYPORT_ADMIN_TOKEN: TOKEN }
  const shown = async (isTTY: boolean, more = {}) =>
    (await runCommand(limits, args, { isTTY, env: { ...env, ...more } })).stdout
  t.match(await shown(true), `${ESC}[33m[################....]${ESC}[39m\n`)
  t.match(await shown(true, { NO_COLOR: '1' }), / {2}\[################\.\.\.\.\]\n/)
  t.notOk((await shown(true, { NO_COLOR: '1' })).includes(ESC))
  t.notMatch(await shown(false), /[#[]/)
})

t.test('wrong values are wrong use, in the words of the command line', async (t) => {
  const { cli } = await limitsGate(t)
  for (const [args, told] of [
    [['show', 'public'], 'limits: The limit public counts by ip: give --ip.'],
    [['reset', 'each', '--key', 'one'], 'The limit each counts by key, route: give --route.'],
    [['show', 'all', '--org', 'acme'], 'The limit all counts by global: leave out --org.'],
    [['show', 'public', '--ip', '1.2.3'], '--ip is no address.'],
    [['reset', 'each', '--key', 'one', '--route', 'opne'], '--route is no route of the policy in force.'],
    [['show', 'public', '--key', 'x'.repeat(300)], 'querystring/key must NOT have more than 256 characters.'],
    [['show', '--ip', '127.0.0.1'], 'name the limit whose bucket that is'],
    [['show', '..'], 'that is no name of a limit'],
    [['show', 'a', 'b'], 'b is one word too many'],
    [['reset'], 'name the limit of which a bucket is to be reset'],
    [['list'], 'say what to do'],
    [['show', '--roote', 'x'], 'did you mean --route?'],
  ] as const) {
    const { code, stdout, stderr } = await cli(...args)
    t.strictSame([code, stdout], [2, ''], args.join(' '))
    t.ok(stderr.includes(told), stderr)
  }
})

t.test('a limit that there is not is exit code 1', async (t) => {
  const { cli } = await limitsGate(t)
  t.strictSame(await cli('show', 'pubic', '--ip', '127.0.0.1'), {
    code: 1,
    stdout: '',
    stderr: 'sallyport limits: 404 There is no limit of this name.\n',
  })
})

t.test('as a process, by what the policy file says of the listener', async (t) => {
  const { gate, spend } = await limitsGate(t, await freePort())
  await spend()
  const args = ['limits', 'show', 'public', '--ip', '127.0.0.1', '--policy', gate.file]
  const { code, stdout, stderr } = await runProcess(args)
  t.match([code, stderr], [0, ''])
  t.match(stdout, /1 of 5 +4/)
  t.match(await runProcess(args, {}), {
    code: 1,
    stdout: '',
    stderr: /policy\.yaml:4:\d+: .*SALLYPORT_ADMIN_TOKEN is not set/,
  })
  const wrong = await runProcess(args, { SALLYPORT_ADMIN_TOKEN: 'canary-other-0123456789' })
  t.match(wrong, { code: 1, stdout: '', stderr: 'sallyport limits: the gate has another token\n' })
})
