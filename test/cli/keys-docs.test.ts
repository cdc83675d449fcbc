import { readFileSync } from 'node:fs'
import t from 'tap'
import { compile } from '../../src/config/compile.ts'
import { runLine } from './terminal.ts'

const text = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block)

t.test('the policy of the key profiles is a good one', async (t) => {
  const [policy = ''] = blocks('yaml')
  const { problems, keys } = compile(policy, {
    file: 'docs/keys.md',
    readText: () => '',
    env: {},
    nowMs: Date.now(),
  })
  t.strictSame(problems, [])
  t.strictSame([...(keys?.byId.keys() ?? [])], ['acme-prod', 'billing-job', 'parcel-hook'])
})

t.test('the commands of the key profiles work', async (t) => {
  const lines = blocks('sh').join('').trim().split('\n')
  t.equal(lines.length, 3)
  for (const line of lines) {
    t.match(await runLine(...line.split(' ').slice(1)), { code: 0, stderr: '' }, line)
  }
})
