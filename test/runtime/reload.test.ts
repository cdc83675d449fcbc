import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Current } from '../../src/runtime/current.ts'
import { type Loading, loadPolicy } from '../../src/runtime/load.ts'
import { needsRestart, type ReloadParts, Reloads, reload } from '../../src/runtime/reload.ts'

const policyText = (more = '') => `version: 1
upstreams: { legacy: { url: "http://127.0.0.1:3000" } }
defaults: { upstream: legacy, auth: none }
routes: [{ id: all, match: { path: /* , methods: [GET] } }]
${more}`

type Said = readonly [level: string, message: string, details: unknown]

function running(
  file: string,
  prepareMore: () => void = () => undefined,
  verifyAt?: (hash: string) => Promise<readonly string[]>,
) {
  const said: Said[] = []
  const tell = (level: string) => (message: string, details?: unknown) =>
    void said.push([level, message, details])
  const prepare: ReloadParts['prepare'] = ({ policy, settings, about }) => {
    prepareMore()
    return {
      policy,
      settings,
      about,
      loadedAtMs: 1,
      sendOf: () => () => Promise.reject(new Error('no upstream here')),
    }
  }
  const load = (): Loading => {
    const loading = loadPolicy(file, {}, 0)
    const hash = loading.compiled?.policy.hash
    return verifyAt === undefined || hash === undefined
      ? loading
      : { ...loading, verify: () => verifyAt(hash) }
  }
  const { compiled, errors } = load()
  if (compiled === null) throw new Error(errors.join('\n'))
  const log = { info: tell('info'), warn: tell('warn'), error: tell('error'), flushNow: () => undefined }
  const current = new Current(prepare(compiled))
  const parts = { current, started: compiled.settings, load, prepare, log, nowMs: () => 2 }
  return { current, said, parts, reload: () => reload(parts, 'test') }
}

t.test('a good file takes the place of the old one', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file)
  const before = current.loaded
  writeFileSync(file, policyText('# changed'))
  const { lastReload } = await reload()
  t.equal(lastReload, current.lastReload)
  t.not(current.loaded.policy.hash, before.policy.hash)
  t.strictSame(current.lastReload, { good: true, atMs: 1, problems: [] })
})

t.test('S2 a broken file changes nothing, and is told with its line', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, said, reload } = running(file)
  const before = current.loaded
  writeFileSync(file, policyText('rotues: []'))
  await reload()
  t.equal(current.loaded, before)
  t.equal(current.lastReload.good, false)
  t.match(current.lastReload.problems, [/p\.yaml:5:1: /])
  t.match(said, [['error', 'reload refused: the old policy stays', { problems: [/p\.yaml:5:1/] }]])
})

t.test('a file that is gone changes nothing', async (t) => {
  const dir = t.testdir({ 'p.yaml': policyText() })
  const { current, reload } = running(join(dir, 'p.yaml'))
  const before = current.loaded
  renameAway(dir)
  await reload()
  t.equal(current.loaded, before)
  t.match(current.lastReload.problems, [/ENOENT/])
})

t.test('a policy that cannot be put to work changes nothing', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  let breaks = false
  const { current, said, reload } = running(file, () => {
    if (breaks) throw new Error('no such CA file')
  })
  const before = current.loaded
  breaks = true
  await reload()
  t.equal(current.loaded, before)
  t.strictSame(current.lastReload.problems, ['no such CA file'])
  t.match(said, [['error']])
})

t.test('a good file after a broken one makes it good again', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file)
  writeFileSync(file, 'version: 2')
  await reload()
  writeFileSync(file, policyText())
  await reload()
  t.equal(current.lastReload.good, true)
})

t.test('a policy whose own tests fail changes nothing, and is told with their names', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const failures = ['p.test.yaml:7:5: the test "nobody gets in" fails: status is 200 instead of 401']
  const { current, said, reload } = running(file, undefined, async () => failures)
  const before = current.loaded
  writeFileSync(file, policyText('# changed'))
  await reload()
  t.equal(current.loaded, before)
  t.strictSame(current.lastReload.problems, failures)
  t.match(said, [['error', 'reload refused: the old policy stays', { problems: failures }]])
})

t.test('tests that cannot be run refuse, too', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file, undefined, () => Promise.reject(new Error('out of memory')))
  await reload()
  t.strictSame(current.lastReload.problems, ['out of memory'])
})

t.test('without tests a reload is over when it returns', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file)
  const before = current.loaded
  writeFileSync(file, policyText('# changed'))
  const reloaded = reload()
  t.not(current.loaded, before)
  await reloaded
})

/** Tests that take until they are let go, one after the other. */
class SlowTests {
  readonly hashes: string[] = []
  readonly #held: ((failures: readonly string[]) => void)[] = []
  #arrived: () => void = () => undefined

  readonly run = (hash: string): Promise<readonly string[]> => {
    this.hashes.push(hash)
    this.#arrived()
    return new Promise((resolve) => this.#held.push(resolve))
  }

  async begun(count: number): Promise<void> {
    while (this.hashes.length < count) await new Promise<void>((resolve) => (this.#arrived = resolve))
  }

  end(...failures: string[]): void {
    this.#held.shift()?.(failures)
  }
}

t.test('of two reloads the later one wins, however long the tests of the earlier one take', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const tests = new SlowTests()
  const { current, parts } = running(file, undefined, tests.run)
  const reloads = new Reloads(parts)
  const wins: string[] = []
  const ask = async (text: string, why: string) => {
    writeFileSync(file, policyText(text))
    const { loaded } = await reloads.again(why)
    wins.push(`${why} ${loaded.about.text.slice(-5)}`)
  }
  const all = [ask('# one', 'a'), ask('# two', 'b'), ask('# six', 'c')]
  await tests.begun(1)
  t.equal(tests.hashes.length, 1, 'one at a time')
  tests.end()
  await tests.begun(2)
  tests.end()
  await Promise.all(all)
  t.equal(tests.hashes.length, 2, 'who waits is answered together')
  t.strictSame(wins, ['a # one', 'b # six', 'c # six'])
  t.match(current.loaded.about.text, /# six$/)
})

t.test('a reload that is asked for while a refused one was tested is not lost', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const tests = new SlowTests()
  const { current, said, parts } = running(file, undefined, tests.run)
  const reloads = new Reloads(parts)
  const first = reloads.again('first')
  await tests.begun(1)
  writeFileSync(file, policyText('# later'))
  const second = reloads.again('second')
  tests.end('a test fails')
  t.equal((await first).lastReload.good, false)
  await tests.begun(2)
  tests.end()
  t.equal((await second).lastReload.good, true)
  t.match(current.loaded.about.text, /# later$/)
  t.match(said, [['error'], ['info', 'policy reloaded', { why: 'second' }]])
  const third = reloads.again('third')
  tests.end()
  t.equal((await third).lastReload.good, true, 'and it goes on')
})

t.test('settings that need a restart are named', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { said, reload } = running(file)
  writeFileSync(file, policyText('listen: 127.0.0.1:1\ndrain: { delay: 1s }'))
  await reload()
  t.match(said.at(-1), ['warn', /next start/, { settings: ['listen'] }])
})

t.test(
  'settings that were put back need no restart, and those that still differ are told again',
  async (t) => {
    const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
    const { said, reload } = running(file)
    const told = async (more: string): Promise<unknown[]> => {
      said.length = 0
      writeFileSync(file, policyText(more))
      await reload()
      return said.filter(([level]) => level === 'warn').map(([, , details]) => details)
    }
    t.strictSame(await told('listen: 127.0.0.1:1'), [{ settings: ['listen'] }])
    t.strictSame(await told('listen: 127.0.0.1:1 # the same'), [{ settings: ['listen'] }])
    t.strictSame(await told('rotues: []'), [])
    t.strictSame(await told('ops: 127.0.0.1:1'), [{ settings: ['ops'] }])
    t.strictSame(await told('# put back'), [])
  },
)

t.test('settings that did not change need no restart', async (t) => {
  const { compiled } = loadPolicy(join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml'), {}, 0)
  t.ok(compiled)
  if (compiled !== null) t.strictSame(needsRestart(compiled.settings, compiled.settings), [])
})

t.test('files that the policy names are part of it', async (t) => {
  const dir = t.testdir({
    hash: `sha256:${'0'.repeat(64)}`,
    'p.yaml': policyText('keys: [{ id: a, hash: "$\u007bfile:./hash}" }]').replace('auth: none', 'auth: key'),
  })
  const { files, errors } = loadPolicy(join(dir, 'p.yaml'), {}, 0)
  t.strictSame(errors, [])
  t.strictSame(files, [join(dir, 'p.yaml'), join(dir, 'hash')])
})

function renameAway(dir: string): void {
  renameSync(join(dir, 'p.yaml'), join(dir, 'away.yaml'))
}
