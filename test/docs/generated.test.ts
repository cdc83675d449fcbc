import t from 'tap'
import { generatedPages, readPage } from '../../scripts/docs-pages.ts'
import { CODES } from '../../src/core/codes.ts'
import { anchorsOf, PAGES, readText } from './markdown.ts'

for (const [path, wanted] of generatedPages()) {
  t.test(`${path} is what scripts/docs-pages.ts makes of the code`, async (t) => {
    t.equal(readPage(path), wanted, 'run: node scripts/docs-pages.ts')
  })
}

t.test('every code has a place in docs/errors.md that can be linked to', async (t) => {
  const anchors = anchorsOf(readText('docs/errors.md'))
  t.strictSame(
    Object.keys(CODES).filter((code) => !anchors.has(code)),
    [],
  )
})

const statuses: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(CODES).map(([code, { status }]) => [code, status]),
)

/** Codes with their status, as documents write them: `401 key_missing`, or in a table the other way round. */
function toldStatuses(text: string): [code: string, status: number][] {
  const inText = [...text.matchAll(/\b([45]\d\d) `(\w+)`/g)].map(
    ([, status, code = '']) => [code, status] as const,
  )
  const inTables = [...text.matchAll(/`(\w+)` \| ([45]\d\d) \|/g)].map(
    ([, code = '', status]) => [code, status] as const,
  )
  return [...inText, ...inTables].map(([code, status]) => [code, Number(status)])
}

for (const page of PAGES) {
  t.test(`${page}: codes exist and have the status that is told`, async (t) => {
    t.strictSame(
      toldStatuses(readText(page)).filter(([code, status]) => statuses[code] !== status),
      [],
    )
  })
}

t.test('a code with another status is found', async (t) => {
  t.strictSame(toldStatuses('503 `a` and | `b` | 404 | c |'), [
    ['a', 503],
    ['b', 404],
  ])
})
