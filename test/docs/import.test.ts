import t from 'tap'
import { parse } from 'yaml'
import { readYaml } from '../deploy/read.ts'
import { auditLine } from '../import/audit-lines.ts'
import { Folder } from './folder.ts'
import { blocksOf, readText, rowsUnder } from './markdown.ts'
import { SHELL_LINES } from './shell.ts'

const yamlIn = (page: string): string[] =>
  blocksOf(readText(page)).flatMap(({ language, lines }) =>
    language === 'yaml' ? [`${lines.join('\n')}\n`] : [],
  )

const linesOf = (page: string) => SHELL_LINES.filter((line) => line.page === page)

t.test('docs/import.md: its commands make of its document what it shows', async (t) => {
  const folder = new Folder(t)
  const [document = '', routes = ''] = yamlIn('docs/import.md')
  folder.write('openapi.yaml', document)
  folder.write('audit.jsonl', `${auditLine(0, { path: '/a', time: new Date().toISOString() })}\n`)
  for (const { command } of linesOf('docs/import.md')) {
    const { code, stdout } = await folder.run(command)
    t.equal(code, 0, `${command}\n${stdout}`)
  }
  const policy = folder.read('policy.yaml')
  t.equal(policy.slice(policy.indexOf('\nroutes:\n') + 1), routes)
})

t.test('docs/import.md has every code of a difference', async (t) => {
  const source = readText('src/import/drift.ts')
  const [, union = ''] = /type DriftCode =\n((?: {2}\| '[\w-]+'\n)+)/.exec(source) ?? []
  const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code = '']) => code)
  t.strictSame(
    rowsUnder(readText('docs/import.md'), 'Drift').map(([code = '']) => code),
    codes,
  )
})

const POLICY = `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
routes:
  - { id: a, match: { path: /a, methods: [GET] }, auth: none, upstream: api }
`
const TESTS = `version: 1
cases:
  - { name: everybody comes in, request: GET /a, expect: { outcome: forward, route: a } }
`

t.test(
  'docs/ci.md: its commands pass on a repository in order, and fail where the policy gets more open',
  async (t) => {
    const folder = new Folder(t)
    // Below the folder, as the other checkout is put beside it.
    const inRepository = (command: string) => folder.run(`cd repository && ${command}`)
    folder.write('repository/config/policy.yaml', POLICY)
    folder.write('repository/config/policy.test.yaml', TESTS)
    const git = 'git -c user.name=a -c user.email=a@example.com'
    const commit = `git init -q -b main && git add config && ${git} commit -q -m one`
    t.equal((await inRepository(`${commit} && git update-ref refs/remotes/origin/main main`)).code, 0)
    const lines = linesOf('docs/ci.md')
    t.equal(lines.length, 4)
    for (const { command } of lines) {
      const ran = await inRepository(command)
      t.equal(ran.code, 0, `${command}\n${ran.stdout}`)
    }
    folder.write('repository/config/policy.yaml', POLICY.replace('[GET]', '[GET, POST]'))
    const diff = await inRepository(
      lines.find(({ command }) => command.includes(' diff '))?.command ?? 'true',
    )
    t.equal(diff.code, 1, diff.stdout)
  },
)

t.test('docs/ci.md has the hooks as they are', async (t) => {
  const [block = ''] = yamlIn('docs/ci.md')
  t.strictSame(parse(block), {
    repos: [{ repo: 'local', hooks: readYaml('deploy/pre-commit/.pre-commit-hooks.yaml') }],
  })
})
