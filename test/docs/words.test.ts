import t from 'tap'
import { PAGES, readText } from './markdown.ts'

// Put together here, so that a search for them does not find this file.
const PRAISE = [
  'blaz' + 'ing',
  'seam' + 'less',
  'world-' + 'class',
  'military-' + 'grade',
  'enterprise-' + 'grade',
]
const BELITTLING = ['sim' + 'ply', 'obvi' + 'ously', 'of cou' + 'rse', 'effort' + 'less']
const LOCAL = /(?:^|[\s`("'])\/(?:home|root|Users)\//m

function findings(text: string): string[] {
  const lower = text.toLowerCase()
  const words = [...PRAISE, ...BELITTLING].filter((word) => new RegExp(`\\b${word}\\b`).test(lower))
  return LOCAL.test(text) ? [...words, 'a path of one machine'] : words
}

for (const page of PAGES) {
  t.test(`${page}: no praise, no belittling, no path of one machine`, async (t) => {
    t.strictSame(findings(readText(page)), [])
  })
}

t.test('each of them is found', async (t) => {
  for (const word of [...PRAISE, ...BELITTLING]) t.strictSame(findings(`It is ${word}.`), [word])
  t.strictSame(findings('see /home/me/x'), ['a path of one machine'])
})
