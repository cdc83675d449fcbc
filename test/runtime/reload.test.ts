import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Current } from '../../src/runtime/current.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { needsRestart, type ReloadParts, reload } from '../../src/runtime/reload.ts'

const policyText = (more = '') => `version: 1
upstreams: { legacy: { url: "http://127.0.0.1:3000" } }
defaults: { upstream: legacy, auth: none }
routes: [{ id: all, match: { path: /* , methods: [GET] } }]
${more}`

type Said = readonly [level: string, message: string, details: unknown]

function running(file: string, prepareMore: () => void = () => undefined) {
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
  const load = () => loadPolicy(file, {}, 0)
  const { compiled, errors } = load()
  if (compiled === null) throw new Error(errors.join('\n'))
  const log = { info: tell('info'), warn: tell('warn'), error: tell('error'), flushNow: () => undefined }
  const current = new Current(prepare(compiled))
  return { current, said, reload: () => reload({ current, load, prepare, log, nowMs: () => 2 }, 'test') }
}

t.test('a good file takes the place of the old one', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file)
  const before = current.loaded
  writeFileSync(file, policyText('# changed'))
  t.strictSame(reload(), [file])
  t.not(current.loaded.policy.hash, before.policy.hash)
  t.strictSame(current.lastReload, { good: true, atMs: 1, problems: [] })
})

t.test('S2 a broken file changes nothing, and is told with its line', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, said, reload } = running(file)
  const before = current.loaded
  writeFileSync(file, policyText('rotues: []'))
  reload()
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
  reload()
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
  reload()
  t.equal(current.loaded, before)
  t.strictSame(current.lastReload.problems, ['no such CA file'])
  t.match(said, [['error']])
})

t.test('a good file after a broken one makes it good again', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { current, reload } = running(file)
  writeFileSync(file, 'version: 2')
  reload()
  writeFileSync(file, policyText())
  reload()
  t.equal(current.lastReload.good, true)
})

t.test('settings that need a restart are named', async (t) => {
  const file = join(t.testdir({ 'p.yaml': policyText() }), 'p.yaml')
  const { said, reload } = running(file)
  writeFileSync(file, policyText('listen: 127.0.0.1:1\ndrain: { delay: 1s }'))
  reload()
  t.match(said.at(-1), ['warn', /next start/, { settings: ['listen'] }])
})

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
