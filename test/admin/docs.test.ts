import t from 'tap'
import { blocksOf, readText } from '../docs/markdown.ts'
import { runLine, shellLinesOf, statusesOf } from '../docs/shell.ts'
import { limitsScene } from './limits-scene.ts'
import { TOKEN } from './scene.ts'

const ENV = { SALLYPORT_ADMIN_TOKEN: TOKEN }

t.test(
  'each curl line of docs/admin.md answers what stands beside it, every other one is good',
  async (t) => {
    const { url } = await limitsScene(t)
    const blocks = blocksOf(readText('docs/admin.md')).filter(({ language }) => language === 'bash')
    const text = blocks.map(({ lines }) => `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`).join('')
    const lines = shellLinesOf('docs/admin.md', text)
    t.ok(lines.length > 0, 'there are lines to run')
    for (const { command, comment } of lines) {
      const moved = command.replace('http://127.0.0.1:9902', url)
      if (moved.startsWith('curl ')) t.strictSame(await statusesOf(moved, ENV), [comment], command)
      else t.equal((await runLine(moved, ENV)).code, 0, command)
    }
  },
)
