import fc from 'fast-check'
import t from 'tap'
import {
  FORWARDING_NAMES,
  NEVER_FORWARDED,
  parameterName,
  upstreamFields,
  withoutParameters,
} from '../../src/core/headers.ts'
import { forwarded, pairsOf, randomCase, requestPlan, valuesOf } from './deciding.ts'

const RUNS = { numRuns: 1000 }
const LEARNED = ['x-sallyport-subject', 'ann', 'x-sallyport-auth', 'key']
const PLAN = requestPlan({
  set: ['x-api-version', '2'],
  drop: ['x-api-version', 'x-sallyport-subject', 'x-sallyport-auth', 'x-api-key'],
})
const OUR_NAMES = [
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'traceparent',
]

const foreign = fc.stringMatching(/^[a-z]{1,2}$/).map((name) => `x-${name}`)
const name = fc
  .oneof(
    foreign,
    fc.constantFrom(...PLAN.drop),
    fc.constantFrom(...NEVER_FORWARDED, ...FORWARDING_NAMES, ...OUR_NAMES),
  )
  .chain(randomCase)
const nominating = fc.tuple(
  fc.constant('connection').chain(randomCase),
  fc
    .array(fc.oneof(name, fc.constantFrom('', 'close', 'keep-alive', '*', 'host\t')), { maxLength: 5 })
    .map((names) => names.join(', ')),
)
const value = fc.oneof(fc.constantFrom('evil', '127.0.0.1', ''), fc.string({ maxLength: 5 }))
const fields = fc.array(fc.oneof({ weight: 4, arbitrary: fc.tuple(name, value) }, nominating), {
  maxLength: 12,
})
const peer = fc.record({
  peerTrusted: fc.boolean(),
  traceparent: fc.constant('00-1-2-01'),
  scheme: fc.constant('https' as const),
})

const sent = (client: [string, string][], facts: object) =>
  upstreamFields(forwarded({ ...facts, fields: client.flat() }, { upstreamHeaders: LEARNED }), PLAN)

t.test('V19, V21, V22, V24, V25: no client sets, drops or doubles a field of ours', async () => {
  fc.assert(
    fc.property(fields, peer, (client, facts) => {
      const ours = pairsOf(sent([], { ...facts, peerTrusted: false }))
      const got = sent(client, facts)
      return ours.every(([one, wanted]) => {
        const values = valuesOf(got, one)
        // A trusted proxy may write before our own word on who the peer is, and nowhere else.
        const isTold = one === 'x-forwarded-for' && facts.peerTrusted
        return values.length === 1 && (values[0] === wanted || (isTold && values[0]?.endsWith(`, ${wanted}`)))
      })
    }),
    RUNS,
  )
})

t.test(
  'V19, V31: nothing passes that is hop-by-hop, ours or nominated; all else does, byte for byte and in order',
  async () => {
    fc.assert(
      fc.property(fields, (client) => {
        const nominated = new Set(
          client
            .flatMap(([one, text]) =>
              one.toLowerCase() === 'connection' ? text.toLowerCase().split(',') : [],
            )
            .map((one) => one.trim()),
        )
        const kept = client.filter(
          ([one]) => !PLAN.drop.has(one.toLowerCase()) && !nominated.has(one.toLowerCase()),
        )
        const [host, authority, ...rest] = sent(client, {})
        const copied = rest.slice(0, kept.length * 2)
        const ours = pairsOf(rest.slice(kept.length * 2)).map(([one]) => one)
        return (
          host === 'host' &&
          authority === 'api.example.com' &&
          JSON.stringify(copied) === JSON.stringify(kept.flat()) &&
          JSON.stringify(ours) ===
            JSON.stringify(['x-api-version', ...OUR_NAMES, 'x-sallyport-subject', 'x-sallyport-auth'])
        )
      }),
      RUNS,
    )
  },
)

const pair = fc.oneof(
  fc.constantFrom(
    'key=secret',
    'key',
    'k%65y=a',
    'KEY=1',
    'akey=1',
    'key[]=1',
    '',
    '=',
    'a=key',
    'a+b=1',
    'a%20b=2',
    '%zz=1',
  ),
  fc.string({ unit: fc.constantFrom('a', '=', '%', '+', ';', '?', '2', '0'), maxLength: 5 }),
  fc.webQueryParameters().filter((text) => !text.includes('&')),
)

t.test('V68: cutting parameters leaves every other byte', async () => {
  const names = fc.subarray(['key', 'a b', '', '%zz', 'none'])
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), names, (pairs, cut) => {
      const query = `?${pairs.join('&')}`
      const kept = pairs.filter((one) => !cut.includes(parameterName(one)))
      return withoutParameters(query, cut) === (kept.length === 0 ? '' : `?${kept.join('&')}`)
    }),
    RUNS,
  )
})

t.test('cutting what is not there changes nothing', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => withoutParameters(`?${text}`, ['\u0001 not there']) === `?${text}`,
    ),
    RUNS,
  )
})

t.test('V68: no spelling of a cut name is left, as servers read it', async () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
      const left = new URLSearchParams(withoutParameters(`?${pairs.join('&')}`, ['key', 'a b']))
      return !left.has('key') && !left.has('a b')
    }),
    RUNS,
  )
})

t.test('the name of a parameter is decoded once', async (t) => {
  t.strictSame(['a=b=c', 'a', '', 'a+b=1', 'a%20b', '%2561', '%zz=1', '%E9=1', '%c3%a9'].map(parameterName), [
    'a',
    'a',
    '',
    'a b',
    'a b',
    '%61',
    '%zz',
    '%E9',
    'é',
  ])
})

t.test('the lists of names are lower case, frozen and without twins', async (t) => {
  for (const list of [NEVER_FORWARDED, FORWARDING_NAMES]) {
    t.ok(Object.isFrozen(list))
    t.strictSame([...new Set(list.map((one) => one.toLowerCase()))], [...list])
  }
})
