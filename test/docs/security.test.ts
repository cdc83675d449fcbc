import t from 'tap'
import { MAX_CONNECTIONS, MAX_WAITING } from '../../src/adapters/upstream/origin.ts'
import { MAX_FIELDS } from '../../src/adapters/upstream/reply-head.ts'
import { MAX_FILE_BYTES } from '../../src/config/yaml.ts'
import { MAX_AT_ONCE, MAX_WAITING as MAX_PIPELINED } from '../../src/http/turns.ts'
import { readText, rowsOf, rowsUnder } from './markdown.ts'

const rows = rowsUnder(readText('SECURITY.md'), 'Bounds')

/** Defaults as the generated tables have them. */
const defaults = new Map(
  ['docs/policy.md', 'src/policies/timeout/README.md']
    .flatMap((page) => rowsOf(readText(page)))
    .map(([setting = '', , fallback = '']) => [setting, fallback]),
)

t.test('the bounds that are settings have the defaults of the schema', async (t) => {
  const told = rows.filter(([setting = '']) => /^\w+(?:\.\w+)+$/.test(setting))
  t.ok(told.length >= 12, 'the table is read')
  for (const [setting = '', fallback] of told) t.equal(fallback, defaults.get(setting), setting)
})

t.test('the fixed bounds are those of the code', async (t) => {
  const most = (what: string) => rows.find(([name = '']) => name.startsWith(what))?.[1]
  t.match(most('header fields in a reply'), `${MAX_FIELDS}, `)
  t.equal(most('connections to one target'), String(MAX_CONNECTIONS))
  t.match(most('requests of one client'), `${MAX_AT_ONCE}; `)
  t.match(most('requests of one client'), ` ${MAX_PIPELINED} `)
  t.match(most('requests waiting'), `${MAX_WAITING}, `)
  t.match(most('the policy file'), `${MAX_FILE_BYTES / 1024 / 1024} MB, `)
})

t.test('nine promises are told of, each with what holds today', async (t) => {
  const promises = rowsUnder(readText('SECURITY.md'), 'What is promised, and what holds today')
  t.strictSame(
    promises.map(([number]) => number),
    ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
  )
  t.notOk(promises.some(([, promise, today]) => promise === '' || today === ''))
})
