import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import { anchorsOf, linksOf, PAGES, ROOT, readText } from './markdown.ts'

/** Why a link of a page leads nowhere; null when it leads somewhere, or out of the repository. */
function deadEnd(page: string, target: string): string | null {
  if (/^https:\/\//.test(target)) return null
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page : posix.join(posix.dirname(page), file)
  if (path.startsWith('..') || !existsSync(`${ROOT}${path}`)) return `${target}: no such file`
  if (anchor === undefined || anchorsOf(readText(path)).has(anchor)) return null
  return `${target}: no such heading`
}

for (const page of PAGES) {
  t.test(`${page}: every link leads somewhere`, async (t) => {
    t.strictSame(
      linksOf(readText(page)).flatMap((target) => deadEnd(page, target) ?? []),
      [],
    )
  })
}

t.test('a dead link is found', async (t) => {
  t.strictSame(linksOf('[a](b.md) `[c](d.md)` ![e](f.svg#g)'), ['b.md', 'f.svg#g'])
  t.match(deadEnd('docs/a.md', 'nowhere.md'), 'no such file')
  t.match(deadEnd('README.md', 'docs/errors.md#nothing'), 'no such heading')
  t.equal(deadEnd('docs/a.md', '../README.md#try-it'), null)
})

t.test('every document can be found from the index', async (t) => {
  const index = linksOf(readText('docs/README.md')).map((target) => posix.join('docs', target))
  const decisions = linksOf(readText('docs/architecture.md')).map((target) => posix.join('docs', target))
  const found = new Set([...index, ...decisions, 'docs/README.md'])
  t.strictSame(
    PAGES.filter((page) => !found.has(page)),
    [],
  )
})

t.test('no fenced block is indented, for the tests would not see what is in it', async (t) => {
  t.strictSame(
    PAGES.filter((page) => /^[ \t]+```/m.test(readText(page))),
    [],
  )
})
