import t from 'tap'
import { AT, action, OPEN, POLICY, Repository, ROOT, steps } from './github.ts'

t.test('the action is one: every step has what GitHub asks for', async (t) => {
  t.ok(action.name !== '' && action.description !== '')
  t.equal(action.runs.using, 'composite')
  for (const step of steps) {
    if (step.uses !== undefined) t.match(step.uses, /^actions\/[\w-]+@v\d+$/)
    else t.match(step, { shell: 'bash', name: /./, run: /./ })
  }
  for (const [name, { description }] of Object.entries(action.inputs)) t.ok(description, name)
  for (const { value } of Object.values(action.outputs)) {
    const [, id, output] = /^\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}$/.exec(value) ?? []
    const step = steps.find((one) => one.id === id)
    t.ok(step?.run?.includes(`${output}=`), `${id} writes ${output}`)
  }
})

t.test('what a pull request can name never becomes part of a script', async (t) => {
  for (const { run = '', name } of steps) t.notOk(run.includes('${{'), name ?? 'a step')
})

t.test('every input is used, and every one that is used is there', async (t) => {
  const values = steps.flatMap(({ env = {} }) => Object.values(env))
  const used = values.flatMap((value) => /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)?.[1] ?? [])
  t.strictSame([...new Set(used)].sort(), Object.keys(action.inputs).sort())
  for (const value of values) t.ok(value === ROOT || /^\$\{\{ inputs\.[\w-]+ \}\}$/.test(value), value)
})

t.test('a policy that is as it was passes', async (t) => {
  const { failed, log, output } = new Repository(t, { [AT]: POLICY }, {}).run()
  t.equal(failed, null, log)
  t.match(log, /is good/)
  t.match(log, /::notice::config\/policy\.yaml has no tests/)
  t.equal(output, 'more-open=false\n')
})

t.test('a policy that gets more open fails, and the summary says what opens', async (t) => {
  const repository = new Repository(t, { [AT]: POLICY }, { [AT]: OPEN })
  const { failed, summary, output, log } = repository.run()
  t.equal(failed, 'Compare it with the base')
  t.match(summary, /more open/i)
  t.match(summary, /`main:config\/policy\.yaml` → `config\/policy\.yaml`/)
  t.match(log, /::error::the policy is more open/)
  t.equal(output, 'more-open=true\n')
  t.equal(repository.run({ 'fail-on-more-open': 'false' }).failed, null, 'unless it may')
})

t.test('a policy that gets more closed passes', async (t) => {
  const { failed, output, log } = new Repository(t, { [AT]: OPEN }, { [AT]: POLICY }).run()
  t.equal(failed, null, log)
  t.equal(output, 'more-open=false\n')
})

t.test('a policy that the base does not have is told as new', async (t) => {
  const { failed, summary, log } = new Repository(t, {}, { [AT]: POLICY }).run()
  t.equal(failed, null, log)
  t.match(summary, /There is no such policy in main/)
})

t.test('without a base nothing is compared', async (t) => {
  const { failed, summary, output } = new Repository(t, {}, { [AT]: POLICY }).run({ base: '' })
  t.equal(failed, null)
  t.equal(summary + output, '')
})

t.test('names with blanks, quotes and commands in them are names', async (t) => {
  const name = 'my $(touch x) "p".yaml'
  const { failed, log } = new Repository(t, { [name]: POLICY }, { [name]: OPEN }).run({ policy: name })
  t.equal(failed, 'Compare it with the base', log)
})
