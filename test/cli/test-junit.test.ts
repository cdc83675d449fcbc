import fc from 'fast-check'
import t from 'tap'
import { junitText } from '../../src/cli/test-formats.ts'

/** The document of one case that failed with these texts. */
function documentOf(name: string, actual: string, file = 'a.test.yaml'): string {
  const differences = [{ what: 'body', expected: 'x', actual }]
  const place = { line: 1, col: 1, route: name, why: actual, durationMs: 1 }
  const results = [{ ...place, name, passed: false, differences }]
  const coverage = { items: [], covered: 0, total: 0, percent: 100 }
  const report = { file, policyFile: 'a.yaml', results, notRun: 0, coverage, durationMs: 1 }
  return junitText([{ file, errors: [actual], report, wanted: null }])
}

/** XML 1.0 2.2, Char; lone surrogates are none, for the `u` of the pattern. */
const NO_CHAR = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const WHOLE =
  /^<\?xml version="1\.0" encoding="UTF-8"\?>\n(?:\s*<\/?[a-z]+(?: [a-z]+="(?:[^<>&"]|&(?:amp|lt|gt|quot);)*")*\/?>)+\n$/

function isXml(text: string): boolean {
  return text.isWellFormed() && !NO_CHAR.test(text) && WHOLE.test(text)
}

t.test('what XML has no place for is shown in words', async (t) => {
  for (const [name, shown] of [
    ['a\ufffe', 'a\\u{fffe}'],
    ['a\uffff', 'a\\u{ffff}'],
    ['a\u0000\u001b', 'a\\u{0}\\u{1b}'],
    ['a\ud800', 'a\ufffd'],
    ['\u{1fffe}', '\u{1fffe}'],
  ] as const) {
    const text = documentOf(name, name)
    t.ok(isXml(text), JSON.stringify(name))
    t.ok(text.includes(` name="${shown}"`), text)
  }
})

t.test('a text that is cut within a pair of surrogates is well-formed', async (t) => {
  t.ok(isXml(documentOf(`${'a'.repeat(1999)}\u{1f600}`, 'b')))
})

t.test('whatever a case is called and a reply holds, the document is well-formed XML', async (t) => {
  const unit = fc.oneof(
    fc.constantFrom('\ufffe', '\uffff', '\ud800', '\udc00', '\u0000', '\u0085', '<', '&', '"', ']]>'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const text = fc.array(unit, { maxLength: 8 }).map((parts) => parts.join(''))
  const property = fc.property(text, text, text, (name, actual, file) =>
    isXml(documentOf(name, actual, file)),
  )
  t.doesNotThrow(() => fc.assert(property))
})
