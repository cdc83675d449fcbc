import t from 'tap'
import { blocksOf, readText } from '../docs/markdown.ts'
import { shellLinesOf, statusesOf } from '../docs/shell.ts'
import { adminScene, TOKEN } from './scene.ts'

t.test('each curl line of docs/admin.md answers what stands beside it', async (t) => {
  const { url } = await adminScene(t)
  const blocks = blocksOf(readText('docs/admin.md')).filter(({ language }) => language === 'bash')
  const text = blocks.map(({ lines }) => `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`).join('')
  const lines = shellLinesOf('docs/admin.md', text)
  t.ok(lines.length > 0, 'there are lines to run')
  for (const { command, comment } of lines) {
    const statuses = await statusesOf(command.replace('http://127.0.0.1:9902', url), {
      SALLYPORT_ADMIN_TOKEN: TOKEN,
    })
    t.strictSame(statuses, [comment], command)
  }
})
