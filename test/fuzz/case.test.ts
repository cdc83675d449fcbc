import { createHash } from 'node:crypto'
import t from 'tap'
import { buildCase, type Kind, planCase, tableOf } from './case.ts'
import { CORPUS, parseEntry, readCorpus } from './corpus.ts'
import { chunksOf, type Draft, type Message, setBody, setChunked, writesOf } from './draft.ts'
import { honestRequest } from './grammar-requests.ts'
import { honestReply } from './mutators-replies.ts'
import { meantReply } from './oracle.ts'
import { Prng } from './prng.ts'
import { readRequests } from './strict-request.ts'

const CASES = 400
const KINDS: readonly Kind[] = ['requests', 'reply']

function draftOf(...messages: Message[]): Draft {
  return { messages, edits: [], cuts: [], ending: 'wait' }
}

t.test('the same seeds draw the same numbers, other ones others', async (t) => {
  const draw = (...seeds: number[]): number[] => {
    const prng = new Prng(...seeds)
    return Array.from({ length: 20 }, () => prng.below(1000))
  }
  t.strictSame(draw(1, 2), draw(1, 2))
  t.strictNotSame(draw(1, 2), draw(2, 1))
  t.strictNotSame(draw(1), draw(2))
  t.ok(draw(3).every((number) => number >= 0 && number < 1000))
  t.throws(() => new Prng(1).pick([]))
})

for (const kind of KINDS) {
  t.test(`${kind}: the same seed and index make the same bytes`, async (t) => {
    // Digests, for a comparison of megabytes would take minutes to be told.
    const digest = (seed: number): string => {
      const all = createHash('sha256')
      for (let index = 0; index < CASES; index++)
        all.update(JSON.stringify(buildCase(planCase(kind, seed, index))))
      return all.digest('hex')
    }
    t.equal(digest(5), digest(5))
    t.not(digest(5), digest(6))
  })

  t.test(`${kind}: each mutator is drawn, and changes something`, async (t) => {
    const [drawn, changing] = [new Set<string>(), new Set<string>()]
    for (let index = 0; index < 4000; index++) {
      const plan = planCase(kind, 1, index)
      const { name } = plan.mutations[0] ?? {}
      if (name === undefined) continue
      drawn.add(name)
      const one = JSON.stringify(buildCase({ ...plan, mutations: plan.mutations.slice(0, 1) }))
      if (one !== JSON.stringify(buildCase({ ...plan, mutations: [] }))) changing.add(name)
    }
    t.strictSame([...drawn].sort(), Object.keys(tableOf(kind)).sort())
    t.strictSame([...changing].sort(), [...drawn].sort())
  })

  t.test(`${kind}: dropping a mutation leaves the others as they were`, async (t) => {
    const mutations = [
      { name: 'insert', seed: 1 },
      { name: 'split', seed: 2 },
    ]
    const plan = { kind, seed: 1, index: 1, mutations }
    const [, split] = mutations
    const both = buildCase(plan)
    const one = buildCase({ ...plan, mutations: split === undefined ? [] : [split] })
    t.notSame(both.writes.join(''), one.writes.join(''))
    t.ok(one.writes.length > 1, 'still split')
  })

  t.test(`${kind}: every character is a byte`, async (t) => {
    for (let index = 0; index < CASES; index++) {
      const { writes } = buildCase(planCase(kind, 3, index))
      t.notOk(/[\u0100-\uffff]/.test(writes.join('')), `case ${index}`)
    }
  })
}

t.test('honest requests are whole to the strictest reader', async (t) => {
  const prng = new Prng(9)
  for (let i = 0; i < CASES; i++) {
    const [bytes = ''] = writesOf(draftOf(honestRequest(prng)))
    const { whole, end } = readRequests(bytes)
    t.ok(whole.length === 1 && (end === 'clean' || end === 'opaque'), JSON.stringify(bytes))
  }
})

t.test('honest replies are whole to the strictest reader', async (t) => {
  const prng = new Prng(9)
  for (let i = 0; i < CASES; i++) {
    const writes = writesOf(draftOf(honestReply(prng)))
    t.not(meantReply({ kind: 'reply', asked: 'GET', count: 1, writes, ending: 'wait' }), null)
  }
})

t.test('writes are cut where they are told to, and lose nothing', async (t) => {
  const message = honestRequest(new Prng(4))
  const [bytes = ''] = writesOf(draftOf(message))
  const cut = writesOf({ ...draftOf(message), cuts: [0.5, 0.25, 0, 0.25] })
  t.equal(cut.length, 3)
  t.equal(cut.join(''), bytes)
})

t.test('a body takes the place of the one before', async (t) => {
  const message = honestRequest(new Prng(4))
  setChunked(message, chunksOf('hello', 2))
  setBody(message, 'abc')
  t.strictSame(
    message.lines.filter((line) => /^(?:content-length|transfer-encoding)/i.test(line)),
    ['Content-Length: 3'],
  )
  t.equal(chunksOf('hello', 2), '2\r\nhe\r\n2\r\nll\r\n1\r\no\r\n0\r\n\r\n')
})

t.test('what follows the end of a reply goes out with it', async (t) => {
  for (let index = 0; index < CASES; index++) {
    const mutations = [
      { name: 'surplus', seed: index },
      { name: 'split', seed: index },
    ]
    const { writes, asked } = buildCase({ kind: 'reply', seed: 1, index, mutations })
    const before = writes.slice(0, -1)
    t.equal(
      meantReply({ kind: 'reply', asked, count: 1, writes: before, ending: 'wait' }),
      null,
      `case ${index}`,
    )
  }
})

t.test('the corpus can be read, and something else is told apart', async (t) => {
  t.ok(readCorpus(CORPUS).length > 0)
  t.throws(() => parseEntry('{"kind":"requests"}', 'x.json'), /x\.json/)
  t.throws(() => parseEntry('null', 'x.json'), /not a corpus entry/)
})
