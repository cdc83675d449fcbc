/** What became of one test that carries ids of rows in its name. */
export interface Result {
  readonly name: string
  readonly ids: readonly string[]
  readonly passed: boolean
}

export interface Row {
  readonly id: string
  readonly verdict: 'pass' | 'fail' | 'pending'
  /** Names of tests, failed ones first; or why there are none. */
  readonly seen: readonly string[]
}

const TEST_LINE = /^(not ok|ok) \d+ - (.*)$/
const TIME = / # time=[\d.]+m?s(?: \{)?$/
/** A test that did not run has shown nothing. */
const NOT_RUN = / # (?:SKIP|T[O]DO)\b.*$/i
const ID = /\bV\d{2,3}\b/g

/** Reads the outermost tests out of TAP. */
export function readTap(text: string): readonly Result[] {
  const results: Result[] = []
  for (const line of text.split('\n')) {
    const [, word, rest = ''] = TEST_LINE.exec(line) ?? []
    const name = rest.replace(TIME, '').replace(NOT_RUN, '')
    const ids = [...new Set(name.match(ID))]
    if (ids.length > 0) results.push({ name, ids, passed: word === 'ok' && !NOT_RUN.test(rest) })
  }
  return results
}

/** One verdict for each row: it passes when tests ran for it and all of them passed. */
export function judgeRows(
  ids: readonly string[],
  pending: readonly { readonly id: string; readonly why: string }[],
  results: readonly Result[],
): readonly Row[] {
  return ids.map((id) => {
    const why = pending.find((row) => row.id === id)?.why
    return why === undefined ? judged(id, results) : { id, verdict: 'pending', seen: [why] }
  })
}

function judged(id: string, results: readonly Result[]): Row {
  const own = results.filter(({ ids }) => ids.includes(id))
  if (own.length === 0) return { id, verdict: 'fail', seen: ['no test ran'] }
  const failed = own.filter(({ passed }) => !passed).map(({ name }) => `not ok: ${name}`)
  const passed = own.filter(({ passed }) => passed).map(({ name }) => name)
  return { id, verdict: failed.length > 0 ? 'fail' : 'pass', seen: [...failed, ...passed] }
}
