import fc from 'fast-check'
import t from 'tap'
import { canonicalPath, isPathRefusal, stripPrefix } from '../../src/core/path.ts'

const RUNS = { numRuns: 2000 }
/** What makes paths dangerous, in small pieces that meet often. */
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%2F',
    '%5c',
    '\\',
    ';',
    '%3b',
    '%',
    '%25',
    '%00',
    'a',
    'B',
  ),
  fc.constantFrom(
    '~',
    '@',
    '%40',
    '$',
    '%24',
    '+',
    '%2b',
    '*',
    '%2A',
    '{',
    '|',
    '%7c',
    '%c3%a9',
    '%c0',
    '%af',
    ' ',
    '?',
    '#',
  ),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

/** Characters that are well-formed UTF-8 and no piece of trouble, escaped or not. */
const calmPiece = fc.oneof(
  fc.constantFrom(
    'a',
    'Z',
    '0',
    '-',
    '_',
    '~',
    '!',
    '$',
    '&',
    "'",
    '(',
    ')',
    '*',
    '+',
    ',',
    '=',
    ':',
    '@',
    '"',
    '<',
    '{',
  ),
  fc.constantFrom(
    '%61',
    '%7e',
    '%40',
    '%2B',
    '%2a',
    '%20',
    '%25',
    '%23',
    '%3f',
    '%5B',
    '%c3%a9',
    '%F0%9F%98%80',
    '%7b',
  ),
)
const calmPath = fc
  .array(
    fc.array(calmPiece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => `/${segments.join('/')}`)

/** Runs `check` over canonical paths; a refusal is fine. */
function holds(arbitrary: fc.Arbitrary<string>, check: (canonical: string, sent: string) => boolean): void {
  fc.assert(
    fc.property(arbitrary, (sent) => {
      const result = canonicalPath(sent)
      return isPathRefusal(result) || check(result.path, sent)
    }),
    RUNS,
  )
}

const escapedOnce = (path: string): string =>
  Array.from(new TextEncoder().encode(path), (byte) => `%${byte.toString(16).padStart(2, '0')}`)
    .join('')
    .replaceAll('%2f', '/')

t.test('the canonical form is its own canonical form', async () => {
  holds(anyPath, (path) => {
    const again = canonicalPath(path)
    return !isPathRefusal(again) && again.path === path
  })
})

t.test('V34, V35, V37, V42, V44: nothing that two servers read differently is left', async () => {
  holds(anyPath, (path) => {
    const segments = path.slice(1).split(/\/|%2F/)
    const isDotted = segments.some((segment) => segment === '.' || segment === '..')
    return /^\/[\x21-\x7e]*$/.test(path) && !isDotted && !/\/\/|[\\;?#]|%(?:[01]|7F|5C|3B)/.test(path)
  })
})

t.test('V36: an encoded slash is told exactly when there is one', async () => {
  fc.assert(
    fc.property(anyPath, (sent) => {
      const result = canonicalPath(sent)
      return isPathRefusal(result) || result.encodedSlash === /%2f/i.test(sent)
    }),
    RUNS,
  )
})

t.test('V39: what the path means once decoded does not change', async () => {
  holds(anyPath, (path, sent) => decodeURIComponent(path) === decodeURIComponent(sent))
})

t.test('calm paths are taken, whatever their escapes', async () => {
  fc.assert(
    fc.property(calmPath, (path) => !isPathRefusal(canonicalPath(path))),
    RUNS,
  )
})

t.test('V34, V35, V37, V44: what is refused stays refused when every character is escaped', async (t) => {
  const readable = anyPath.filter(
    (path) => /^[\p{ASCII}]*$/u.test(path) && !path.includes('%') && !/[ ?#[\]]/.test(path),
  )
  let refused = 0
  fc.assert(
    fc.property(readable, (path) => {
      if (!isPathRefusal(canonicalPath(path))) return true
      refused++
      return isPathRefusal(canonicalPath(escapedOnce(path)))
    }),
    RUNS,
  )
  t.ok(refused > 50, `only ${refused} paths were refused`)
})

t.test('V38: characters that servers read alike have one spelling', async () => {
  const unreserved = fc.stringMatching(/^[A-Za-z0-9\-_~!$&'(),=:@"<>^`{|}]{1,8}$/)
  fc.assert(
    fc.property(unreserved, (segment) => {
      const [plain, escaped] = [canonicalPath(`/${segment}`), canonicalPath(escapedOnce(`/${segment}`))]
      return !isPathRefusal(plain) && !isPathRefusal(escaped) && plain.path === escaped.path
    }),
    RUNS,
  )
})

t.test('what a prefix leaves is canonical', async () => {
  fc.assert(
    fc.property(fc.constantFrom('', '/a', '/a/b'), fc.oneof(anyPath, calmPath), (prefix, rest) => {
      const sent = canonicalPath(prefix + rest)
      if (isPathRefusal(sent)) return true
      const cut = stripPrefix(sent.path, prefix)
      if (typeof cut !== 'string') return false
      const again = canonicalPath(cut)
      return !isPathRefusal(again) && again.path === cut && (prefix + cut === sent.path || cut === '/')
    }),
    RUNS,
  )
})

t.test('V34: a cut of any text is canonical or refused', async () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const cut = stripPrefix(`/api${path}`, '/api')
      if (typeof cut !== 'string') return true
      const again = canonicalPath(cut)
      return !isPathRefusal(again) && again.path === cut
    }),
    RUNS,
  )
})
