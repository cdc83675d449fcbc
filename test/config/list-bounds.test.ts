import t from 'tap'
import { z } from 'zod'
import { fileSchema } from '../../src/config/schema.ts'
import { problemsOf } from './compiling.ts'

const TOP = 'version: 1\nupstreams: { api: { url: http://127.0.0.1:3000 } }\n'
const GOOD_ROUTE = 'routes: [{ id: a, match: { path: /a }, auth: none, upstream: api }]'
/** Entries that would each be told, were they looked at. */
const entries = (count: number) => `[${Array(count).fill('1').join(',')}]`

t.test('10001 routes are refused before the first of them is looked at', async (t) => {
  t.strictSame(problemsOf(`${TOP}routes: ${entries(10_001)}\n`), [
    '3:9: `routes` must have at most 10000 entries; there are 10001 (a pattern such as /orders/* takes many paths at once)',
  ])
  t.match(problemsOf(`${TOP}routes: ${entries(10_000)}\n`)[0], /must be a mapping of settings/)
})

t.test('more than 100000 keys are refused before the first of them is looked at', async (t) => {
  t.strictSame(problemsOf(`${TOP}${GOOD_ROUTE}\nkeys: ${entries(100_001)}\n`), [
    '4:7: `keys` must have at most 100000 entries; there are 100001 (for more there are `key_files`)',
  ])
})

t.test('whatever is parsed as a whole keeps its own bound', async (t) => {
  const list = (setting: string, count: number) =>
    problemsOf(
      `${TOP}${setting}: [${Array.from({ length: count }, (_, i) => `a${i}.test`)}]\n${GOOD_ROUTE}\n`,
    )
  t.match(list('hosts', 1001), [/`hosts` must have at most 1000 entries/])
  t.match(list('key_files', 17), [/`key_files` must have at most 16 entries/])
  t.match(list('trust', 1001)[0], /write an address|at most 1000/)
})

t.test('the JSON schema has the same bounds', async (t) => {
  const { properties } = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' })
  t.match(properties, { routes: { maxItems: 10_000 }, keys: { maxItems: 100_000 } })
})
