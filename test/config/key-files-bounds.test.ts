import fc from 'fast-check'
import t from 'tap'
import { formatProblem } from '../../src/config/issues.ts'
import { jsonPlaces } from '../../src/config/json-places.ts'
import { chunksBeside, readerBeside } from '../../src/config/read.ts'
import { compileFiles, hashOf, line, policy, problemsOf, told } from './key-files.ts'

t.test('ids and hashes are told from each other over all sources', async (t) => {
  const keys = `keys: [{ id: key-1, hash: "${hashOf(1)}" }]\nkey_files: [a.jsonl, b.jsonl]`
  const compiled = compileFiles(
    {
      'a.jsonl': `${line(2)}\n${JSON.stringify({ id: 'key-1', hash: hashOf(3) })}`,
      'b.jsonl': `\n${line(2)}`,
    },
    policy(keys),
  )
  t.equal(compiled.policy, null)
  t.strictSame(told(compiled.problems.map(formatProblem)), [
    'a.jsonl:2:7: the key at policy.yaml:2 has the same id',
    'b.jsonl:2:7: the key at a.jsonl:1 has the same id',
    'b.jsonl:2:22: the key at a.jsonl:1 has the same hash',
  ])
})

t.test('a file that is absent, and one that is written twice, are told where they are named', async (t) => {
  const text = policy('key_files: [gone.jsonl, a.jsonl, ./a.jsonl]')
  const problems = compileFiles({ 'a.jsonl': line(1) }, text).problems.map(formatProblem)
  t.match(told(problems), [
    'policy.yaml:2:13: this file cannot be read',
    'policy.yaml:2:34: this file stands here twice',
  ])
})

t.test('places are told below the folder of the policy', async (t) => {
  const { problems } = compileFiles({ 'keys.jsonl': '{' }, policy(), { file: 'config/policy.yaml' })
  t.match(problems.map(formatProblem), [/^config\/policy/, /^config\/keys\.jsonl:1:2: not well-formed/])
})

t.test('a hundred thousand bad lines are told as two hundred, and then reading ends', async (t) => {
  const problems = problemsOf(`{"id":1}\n`.repeat(100_000))
  t.ok(problems.length <= 201)
  t.match(problems.at(-1), /keys\.jsonl:\d+:\d+: and \d more problems/)
})

t.test('a hundred thousand keys compile; more than two hundred thousand in all are refused', async (t) => {
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => line(from + i)).join('\n')
  const first = lines(0, 100_000)
  t.equal(compileFiles({ 'keys.jsonl': first }).keys?.byId.size, 100_000)
  const { policy: refused, problems } = compileFiles(
    { 'a.jsonl': first, 'b.jsonl': lines(100_000, 100_001) },
    policy('key_files: [a.jsonl, b.jsonl]'),
  )
  t.equal(refused, null)
  t.match(told(problems.map(formatProblem)), ['policy.yaml:2:22: there are more keys than 200000 in all'])
})

t.test('a file of more than 64MB is refused before it is read whole', async (t) => {
  let pieces = 0
  const piece = Buffer.from(`${' '.repeat(4000)}\n`)
  const dir = t.testdir({ 'policy.yaml': policy(), 'keys.jsonl': Buffer.alloc(64 * 1024 * 1024 + 1, piece) })
  const read = chunksBeside(`${dir}/policy.yaml`)
  const readChunks = function* (path: string) {
    for (const chunk of read(path)) {
      pieces++
      yield chunk
    }
  }
  const { problems } = compileFiles({}, policy(), { file: `${dir}/policy.yaml`, readChunks })
  t.match(problems.map(formatProblem).join('\n'), /policy\.yaml:2:13: this file cannot be read/)
  t.ok(pieces <= 1024)
})

t.test('a folder is no key file', async (t) => {
  const file = `${t.testdir({ 'keys.jsonl': {} })}/policy.yaml`
  const readText = readerBeside(file)
  const { problems } = compileFiles({}, policy(), { file, readText, readChunks: chunksBeside(file) })
  t.match(problems.map(formatProblem).join('\n'), /this file cannot be read/)
})

t.test('however the bytes are cut into pieces, the keys are the same', async () => {
  const content = Buffer.from(`${line(1, { subject: 'ä€😀' })}\r\n\n${line(2)}\n${line(3)}`)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const readChunks = function* () {
        for (let at = 0, i = 0; at < content.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          yield content.subarray(at, at + size)
          at += size
        }
      }
      const { keys } = compileFiles({}, policy(), { readChunks })
      return keys?.byId.size === 3 && keys.byId.get('key-1')?.subject === 'ä€😀'
    }),
  )
})

t.test('JSON has a fault just where JSON.parse has one', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u00e4"',
    '"\\x"',
    '1',
    '-',
    '01',
    '1e5',
    'true',
    'nul',
    ' ',
    '\t',
    '"',
    '\u0001',
    '\u007f',
  )
  const text = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (one) => (jsonPlaces(one).fault === null) === isJson(one)),
    { numRuns: 3000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('whatever a key file holds, compile answers and does not throw', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bytes, (content) => {
      const { policy: good, problems } = compileFiles({ 'keys.jsonl': content })
      return good !== null || problems.some(({ severity }) => severity === 'error')
    }),
  )
})
