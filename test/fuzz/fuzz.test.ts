import t from 'tap'
import { CORPUS, readCorpus } from './corpus.ts'
import { fuzz } from './fuzz.ts'

/** Small enough for every run of the tests; the corpus is the larger half of what it finds. */
const FEW = { seed: 20_261, requests: 3000, replies: 400, seconds: 60 }
/** More than fits into the time: CI fuzzes for all of it. */
const MANY = { ...FEW, requests: 1_000_000, replies: 200_000 }

const isCi = process.env.CI === 'true'
const WISHES = isCi ? MANY : FEW

const skip = process.platform === 'linux' ? false : 'clients have addresses of 127.0.0.0/8 of their own'

t.test('V01–V47, V87–V95: mutated requests and replies, and what was once found', { skip }, async (t) => {
  const corpus = readCorpus(CORPUS).map(([, entry]) => entry)
  const result = await fuzz(WISHES, corpus, {
    progress: (text) => t.comment(text),
    found: ({ what, script }) => t.fail(what, { script }),
  })
  t.equal(result.ran.corpus, corpus.length, 'the corpus was run')
  t.equal(result.isComplete, !isCi, isCi ? 'it went on until time was over' : 'all was run')
  t.ok(result.ran.requests >= FEW.requests && result.ran.replies >= FEW.replies, 'enough was run')
  t.ok(result.forwarded > FEW.requests / 10, 'honest ones got through')
  t.ok(result.victimRequests > 0, 'the victims asked')
  t.strictSame(result.found, [])
})
