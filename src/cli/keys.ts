import { randomBytes } from 'node:crypto'
import { wordsOf } from '../config/words.ts'
import { hashKey, newKey } from '../policies/key/format.ts'
import { keyEntrySchema } from '../policies/key/schema.ts'
import { type Command, GOOD, type Io } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport keys new [options]

Makes an API key. The key is printed once and kept nowhere; the entry for \`keys\` in the policy holds its hash only.

  --id ID            name of the key in the policy, audit and metrics; default key-YYYYMMDD-xxxx
  --subject TEXT     whom it speaks for; default the id
  --org TEXT         the organisation
  --scopes A,B       what it may do
  --roles A,B
  --limits A,B       limits that take the place of the route's limits by key
  --routes A,B       ids of the only routes it is good for
  --expires WHEN     90d (also h, m), or a date such as 2027-06-30
  --test             a key that begins with sp_test_
  --json             print one JSON object instead

Exit code: 0 good, 2 wrong use, or the key could not be printed.

Example:
  sallyport keys new --id acme-prod --org acme --scopes orders.read --limits customer --expires 90d
`

const OPTIONS = {
  id: { type: 'string' },
  subject: { type: 'string' },
  org: { type: 'string' },
  scopes: { type: 'string' },
  roles: { type: 'string' },
  limits: { type: 'string' },
  routes: { type: 'string' },
  expires: { type: 'string' },
  test: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

const LISTS = ['scopes', 'roles', 'limits', 'routes'] as const

/** `sallyport keys`: makes API keys. */
export const keys: Command = commandOf(
  { name: 'keys', summary: 'make an API key (keys new)', help: HELP },
  async (args, io) => {
    const [action, ...rest] = args
    if (action === 'new') return makeKey(rest, io)
    throw new WrongUse(
      action === undefined ? 'say what to do: keys new' : `there is no \`keys ${action}\`, only \`keys new\``,
    )
  },
)

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']

function makeKey(args: readonly string[], io: Io): number {
  const { values, positionals } = readOptions(args, OPTIONS)
  if (positionals.length > 0) throw new WrongUse(`${positionals[0]} is one word too many`)
  const key = newKey(randomBytes, values.test ? 'test' : 'live')
  const entry = entryOf(values, key, new Date())
  if (values.json) io.stdout.write(`${JSON.stringify({ key, entry })}\n`)
  else print(key, entry, io)
  return GOOD
}

type Entry = Record<string, string | readonly string[]>

/** The item for `keys` in the policy. @throws WrongUse */
function entryOf(values: Values, key: string, now: Date): Entry {
  const entry: Entry = { id: values.id ?? defaultId(now), hash: `sha256:${hashKey(key)}` }
  for (const name of ['subject', 'org'] as const) {
    const value = values[name]
    if (value !== undefined) entry[name] = value
  }
  for (const name of LISTS) {
    const value = values[name]
    if (value !== undefined) entry[name] = listOf(name, value)
  }
  if (values.expires !== undefined) entry.expires = expiryOf(values.expires, now)
  return checked(entry)
}

/** What `check` would refuse is told now: the key is shown once. */
function checked(entry: Entry): Entry {
  const { success, error } = keyEntrySchema.safeParse(entry, { error: wordsOf })
  if (success) return entry
  const { path = [], message = '' } = error.issues[0] ?? {}
  throw new WrongUse(`--${String(path[0])}${message.startsWith('must ') ? '' : ':'} ${message}`)
}

function defaultId(now: Date): string {
  return `key-${now.toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(2).toString('hex')}`
}

function listOf(name: string, text: string): string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new WrongUse(`--${name} takes names with commas between them`)
  return items
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^([1-9]\d{0,5})([mhd])$/
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/

function expiryOf(text: string, now: Date): string {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  if (count !== undefined) {
    const at = new Date(now.getTime() + Number(count) * (UNITS_MS[unit] ?? 0))
    return `${at.toISOString().slice(0, 19)}Z`
  }
  const at = DATE.test(text) ? new Date(text) : null
  if (at === null || Number.isNaN(at.getTime())) {
    throw new WrongUse('--expires takes a duration such as 90d, or a date such as 2027-06-30')
  }
  if (at <= now) throw new WrongUse(`--expires ${text} is in the past`)
  return text
}

const PLAIN = /^[A-Za-z][\w.-]*$/

/** A value that YAML reads back as the same text: quoted unless it is plainly a word. */
function yamlText(value: string): string {
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value)
}

const RESERVED = /^(?:true|false|yes|no|on|off|null|y|n)$/i

function yamlOf(entry: Entry): string {
  const parts = Object.entries(entry).map(([name, value]) => {
    return `${name}: ${typeof value === 'string' ? yamlText(value) : `[${value.map(yamlText).join(', ')}]`}`
  })
  return `- { ${parts.join(', ')} }`
}

function print(key: string, entry: Entry, { stdout }: Io): void {
  stdout.write(
    `The key, shown this once:

  ${key}

The entry for \`keys\` in the policy:

  ${yamlOf(entry)}
`,
  )
}
