import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadTested, testsOf } from '../../src/cases/tested.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { NOW_MS, POLICY, writeCases } from './running.ts'

const GOOD = '  - { name: all may come, request: GET /open, expect: { status: 200 } }\n'
const BAD = '  - { name: nobody gets in, request: GET /open, expect: { status: 401, code: key_missing } }\n'

/** A policy that asks for its tests. @returns its path */
function policyWith(
  t: Test,
  cases: string,
  tests = 'tests: { file: ./policy.test.yaml }',
  more = '',
): string {
  const file = writeCases(t, { policy: `${POLICY}${tests}\n`, cases, more })
  return join(file, '../policy.yaml')
}

t.test('tests that pass say nothing, and their files are part of the policy', async (t) => {
  const file = policyWith(t, GOOD)
  const { compiled, errors, files, verify } = loadTested(file, {}, NOW_MS)
  t.ok(compiled)
  t.strictSame(errors, [])
  t.strictSame(await verify?.(), [])
  t.strictSame(
    [...files].sort(),
    ['body.json', 'policy.test.yaml', 'policy.yaml'].map((name) => join(file, '..', name)),
  )
})

t.test('one that fails is told with its place, its name and what differs', async (t) => {
  const file = policyWith(t, GOOD + BAD)
  const failures = await loadTested(file, {}, NOW_MS).verify?.()
  t.strictSame(failures, [
    `${join(file, '../policy.test.yaml')}:5:5: the test "nobody gets in" fails: code is null instead of key_missing; status is 200 instead of 401`,
  ])
})

t.test('a policy that asks for none has none', async (t) => {
  for (const tests of ['', 'tests: { file: ./policy.test.yaml, on_reload: false }']) {
    const file = policyWith(t, BAD, tests)
    const loading = loadTested(file, {}, NOW_MS)
    t.ok(loading.compiled)
    t.equal(loading.verify, undefined)
    t.notOk(loading.files.some((name) => name.endsWith('policy.test.yaml')))
  }
})

t.test('tests that cannot be read refuse the policy', async (t) => {
  const broken = loadTested(policyWith(t, '  - { name: a }\n'), {}, NOW_MS)
  t.equal(broken.compiled, null)
  t.match(broken.errors, [/policy\.test\.yaml:4:5: `request` is missing/, /`expect` is missing/])
  t.ok(
    broken.files.some((name) => name.endsWith('policy.test.yaml')),
    'a change of it is seen',
  )
  const gone = loadTested(policyWith(t, GOOD, 'tests: { file: ./nowhere.test.yaml }'), {}, NOW_MS)
  t.match(gone, { compiled: null, errors: [/nowhere\.test\.yaml: ENOENT/] })
})

t.test('a policy that is refused is told as ever', async (t) => {
  const file = policyWith(t, GOOD)
  appendFileSync(file, 'rotues: []\n')
  t.match(loadTested(file, {}, NOW_MS), { compiled: null, errors: [/unknown key `rotues`/] })
})

t.test('tests of another policy are none of this one', async (t) => {
  const file = policyWith(t, GOOD, undefined, 'policy: ./other.yaml')
  writeFileSync(join(file, '../other.yaml'), readFileSync(file))
  t.match(loadTested(file, {}, NOW_MS), {
    compiled: null,
    errors: [/these are tests of .*other\.yaml, not of/],
  })
})

t.test('the text that was read is the one that is tested', async (t) => {
  const file = policyWith(t, GOOD)
  const { compiled } = loadPolicy(file, {}, NOW_MS)
  if (compiled === null) throw new Error('it does not compile')
  appendFileSync(file, '# changed\n')
  t.match(testsOf(file, compiled, {}, NOW_MS)?.errors, [
    /policy\.yaml:1:1: the file has changed while it was read/,
  ])
})

t.test('what is covered too little refuses, too', async (t) => {
  const failures = await loadTested(policyWith(t, GOOD, undefined, 'coverage: 50%'), {}, NOW_MS).verify?.()
  t.match(failures, [/:1:1: the tests cover \d %, 50 % are asked for; missing: route read, /])
})

t.test('of very many failures the first are told', async (t) => {
  const cases = Array.from({ length: 30 }, (_, i) => BAD.replace('nobody', `nobody ${i}`)).join('')
  const failures = (await loadTested(policyWith(t, cases), {}, NOW_MS).verify?.()) ?? []
  t.equal(failures.length, 21)
  t.match(failures.at(-1), /and 10 more tests fail$/)
})

t.test('no text of a test commands a terminal', async (t) => {
  const bad = '  - { name: "a\\u001b[2J", request: GET /open, expect: { body: "\\u001b[2J" } }\n'
  const failures = await loadTested(policyWith(t, bad), {}, NOW_MS).verify?.()
  t.match(failures, [/\\u\{1b\}/])
  t.notOk(failures?.join().includes('\u001b'))
})
