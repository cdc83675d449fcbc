import type { z } from 'zod'
import { bucketSchema, limitsSchema, resetSchema } from '../admin/limit-view.ts'
import { visible } from '../config/issues.ts'
import { holdsKey } from '../policies/key/format.ts'
import { BUCKET_VALUES } from '../policies/limit/bucket.ts'
import { limitName } from '../policies/limit/schema.ts'
import { type AdminAnswer, type AdminDoor, adminDoor, askAdmin, NoAnswer } from './admin-client.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { jsonText } from './json-text.ts'
import { bucketTable, limitsTable, placeNote } from './limits-table.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport limits show [NAME] [options]
sallyport limits reset NAME [options]

Asks a running gate, through its admin listener, for its limits; with NAME for what is left in one bucket of that limit,
which spends nothing. \`reset\` clears one bucket.

  --ip ADDRESS      which bucket: what the limit counts by, each of them
  --key ID          the id of the key, never the key itself
  --org TEXT
  --subject TEXT
  --route ID
  --policy FILE     where the listener and its token are told of, default config/policy.yaml
  --admin URL       the listener, instead of --policy; the token is in SALLYPORT_ADMIN_TOKEN
  --json            print the whole answer

Exit code: 0 good, 1 no such limit or no answer, 2 wrong use.

Example:
  sallyport limits show public --ip 192.0.2.7
  sallyport limits reset customer --key acme-prod --admin http://127.0.0.1:9902
`

const OPTIONS = {
  ip: { type: 'string' },
  key: { type: 'string' },
  org: { type: 'string' },
  subject: { type: 'string' },
  route: { type: 'string' },
  policy: { type: 'string', default: 'config/policy.yaml' },
  admin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
const MAX_SHOWN = 300

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']

/** What a command line asks for. */
interface Asked {
  readonly name: string | undefined
  /** What names the bucket. */
  readonly bucket: Readonly<Record<string, string>>
  readonly door: AdminDoor
  readonly json: boolean
}

/** `sallyport limits`: what is left, and a clean slate. */
export const limits: Command = commandOf(
  { name: 'limits', summary: 'show what is left of limits, reset one (limits show)', help: HELP },
  async ([action, ...rest], io) => {
    const act = action === undefined ? undefined : ACTIONS.get(action)
    if (act === undefined) throw new WrongUse('say what to do: limits show, or limits reset NAME')
    const { values, positionals } = readOptions(rest, OPTIONS)
    try {
      return await act(askedFor(values, positionals, io), io)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      io.stderr.write(`sallyport limits: ${error.message}\n`)
      return ANSWER_IS_NO
    }
  },
)

const ACTIONS: ReadonlyMap<string, (asked: Asked, io: Io) => Promise<number>> = new Map([
  ['show', show],
  ['reset', reset],
])

function askedFor(values: Values, [name, ...more]: readonly string[], io: Io): Asked {
  if (more.length > 0) throw new WrongUse(`${visible(String(more[0]), MAX_SHOWN)} is one word too many`)
  if (name !== undefined && !limitName.safeParse(name).success)
    throw new WrongUse('that is no name of a limit')
  const bucket: Record<string, string> = {}
  for (const one of BUCKET_VALUES) {
    const value = values[one]
    // Not even to the gate: it would be in its answer, and of a reset in the audit.
    if (value !== undefined && holdsKey(value))
      throw new WrongUse(`--${one} holds a key itself: name the key by its id, \`--key ID\``)
    if (value !== undefined) bucket[one] = value
  }
  const door = adminDoor(values.admin, values.policy, io.env)
  return { name, bucket, door, json: values.json }
}

async function show(asked: Asked, io: Io): Promise<number> {
  const { name, bucket, door } = asked
  if (name === undefined) {
    if (Object.keys(bucket).length > 0) throw new WrongUse('name the limit whose bucket that is')
    return tell(await askAdmin(door, '/limits'), asked, io, limitsSchema, limitsTable)
  }
  const answer = await askAdmin(door, `/limits/${encodeURIComponent(name)}?${new URLSearchParams(bucket)}`)
  return tell(answer, asked, io, bucketSchema, (state) => {
    const row = { names: [state.limit, state.bucket], ...state }
    return bucketTable(['LIMIT', 'BUCKET'], [row], io) + placeNote(state.counted_in)
  })
}

async function reset(asked: Asked, io: Io): Promise<number> {
  const { name, bucket, door } = asked
  if (name === undefined) throw new WrongUse('name the limit of which a bucket is to be reset')
  const answer = await askAdmin(door, `/limits/${encodeURIComponent(name)}/reset`, bucket)
  return tell(answer, asked, io, resetSchema, ({ limit, bucket: text, before, after, ...more }) => {
    const rows = [
      { names: [limit, text, 'before'], ...before },
      { names: [limit, text, 'now'], ...after },
    ]
    return bucketTable(['LIMIT', 'BUCKET', 'STATE'], rows, io) + placeNote(more.counted_in)
  })
}

/** Prints an answer as it is, or as a table. @returns the exit code */
function tell<S extends z.ZodType>(
  { status, body }: AdminAnswer,
  { json }: Asked,
  io: Io,
  schema: S,
  table: (answer: z.output<S>) => string,
): number {
  if (status !== 200) return tellRefusal(status, body, io)
  const answer = schema.safeParse(body)
  if (!answer.success) throw new NoAnswer('this is not the answer of an admin listener of this version')
  io.stdout.write(json ? `${jsonText(body)}\n` : table(answer.data))
  return GOOD
}

const WRONG_VALUES: ReadonlySet<number> = new Set([400, 422])

function tellRefusal(status: number, body: unknown, { stderr }: Io): number {
  const { code, title, detail } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const isWrongUse = WRONG_VALUES.has(status)
  const said = [detail, title].find((text) => typeof text === 'string' && text !== '') ?? ''
  const why = REASONS.get(code) ?? (isWrongUse && said !== '' ? `${said}` : `${status} ${said}`)
  const inOptions = why.replace(/`(ip|key|org|subject|route)`/g, '--$1')
  stderr.write(`sallyport limits: ${visible(inOptions, MAX_SHOWN)}\n`)
  return isWrongUse ? WRONG_USE : ANSWER_IS_NO
}

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['admin_token_invalid', 'the gate has another token'],
  ['rate_limited', 'too many wrong tokens from this address: wait a minute'],
])
