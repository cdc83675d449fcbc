import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { auditLines } from '../../src/replay/read.ts'
import { replay } from '../../src/replay/replay.ts'
import { loadPolicy } from '../../src/runtime/load.ts'
import { Api } from '../cli/gate-process.ts'
import { Folder } from '../docs/folder.ts'
import { blocksOf, readText } from '../docs/markdown.ts'
import { listening } from '../support/listening.ts'
import { startSallyport } from '../support/process.ts'

const REQUESTS: readonly (readonly [method: string, path: string])[] = [
  ...[
    '/',
    '/orders',
    '/orders/7',
    '/orders/8',
    '/orders/8/items',
    '/files/a%2Fb',
    '/files/a+b',
    '/a:b/c',
    '/x/',
    '/orders/7?q=1',
  ].map((path) => ['GET', path] as const),
  ['POST', '/orders'],
  ['PUT', '/orders/9'],
  ['DELETE', '/orders/9'],
  ['OPTIONS', '/orders'],
  ['HEAD', '/orders'],
]

/** The policy of docs/import.md for an API without a document. */
function learningPolicy(origin: string): string {
  const blocks = blocksOf(readText('docs/import.md'))
  const block = blocks.find(
    ({ heading, language }) => heading === 'Without a document' && language === 'yaml',
  )
  return `${block?.lines.join('\n')}\n`
    .replace(/^(listen|ops): \S+/gm, '$1: 127.0.0.1:0')
    .replace('http://127.0.0.1:3000', origin)
    .replace('sinks: [', 'sinks: [{ type: stdout }, ')
    .replace('auth: none,', 'auth: none, path: { encoded_slash: allow },')
}

t.test('what is learnt from a run lets in what came through in that run, and nothing else', async (t) => {
  const api = new Api()
  await listening(t, api.server)
  const folder = new Folder(t)
  const { port } = api.server.address() as AddressInfo
  const gate = await startSallyport(t, learningPolicy(`http://127.0.0.1:${port}`), { dir: folder.dir })
  for (const [method, path] of REQUESTS) {
    const { status } = await fetch(`http://127.0.0.1:${gate.port}${path}`, { method })
    t.equal(status, 200, `${method} ${path}`)
  }
  await gate.audited(REQUESTS.length)
  await gate.stop()
  const { code, stdout } = await folder.run('sallyport import audit audit.jsonl --out learnt.yaml')
  t.equal(code, 0, stdout)
  folder.write('learnt.yaml', folder.read('learnt.yaml').replace('mode: report', 'mode: enforce'))
  const { compiled, errors } = loadPolicy(folder.at('learnt.yaml'), {}, Date.now())
  if (compiled === null) throw new Error(errors.join('\n'))
  const result = await replay(auditLines(join(folder.dir, 'audit.jsonl'), process.stdin), compiled)
  t.equal(result.lines.requests, REQUESTS.length)
  t.strictSame(result.groups, [], 'no decision changes')
  for (const [method, path] of [
    ['PATCH', '/orders'],
    ['GET', '/admin'],
    ['POST', '/orders/7'],
  ] as const) {
    t.equal(compiled.policy.find('127.0.0.1', method, path), null, `${method} ${path} was not seen`)
  }
})
