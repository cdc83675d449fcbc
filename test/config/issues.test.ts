import t from 'tap'
import { formatProblem, Problems } from '../../src/config/issues.ts'
import { problemsOf } from './compiling.ts'

const START = { line: 1, col: 1 }

t.test('problems come in the order of the file, each once', async (t) => {
  const problems = new Problems('p.yaml')
  problems.error({ line: 2, col: 5 }, 'b')
  problems.notice('unused-name', { line: 2, col: 1 }, 'a', 'do')
  problems.error({ line: 2, col: 5 }, 'b')
  problems.error(START, 'first')
  const wanted = ['p.yaml:1:1: first', 'p.yaml:2:1: warning: a (do) [unused-name]', 'p.yaml:2:5: b']
  t.strictSame(problems.list().map(formatProblem), wanted)
})

t.test('warnings alone are no errors', async (t) => {
  const problems = new Problems('p.yaml')
  problems.notice('unused-name', START, 'a')
  t.notOk(problems.hasErrors)
})

t.test('V102: what is hidden shows its reference, in problems before it and after it', async (t) => {
  const problems = new Problems('p.yaml')
  problems.error(START, 'canary one', 'and a canary')
  problems.hide('canary', '$' + '{env:X}')
  problems.error({ line: 2, col: 1 }, 'canary two')
  t.notMatch(problems.list().map(formatProblem).join('\n'), /canary/)
})

t.test('V102: a message about another place does not tell what a reference stands for', async (t) => {
  const reference = '$' + '{env:CANARY}'
  const told = problemsOf(`version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: none }
routes:
  - { id: "${reference}", match: { path: /one } }
  - { id: two, match: { path: /one } }
`)
  t.match(told, [`6:31: the route \`${reference}\` on line 5 matches the same requests`])
})

t.test('V102: an API key in the wrong place is not shown', async (t) => {
  const problems = new Problems('p.yaml')
  problems.error(START, `it is \`sp_live_${'a'.repeat(38)}\``)
  t.match(problems.list(), [{ message: 'it is `sp_…`' }])
})
