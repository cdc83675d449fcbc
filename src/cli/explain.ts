import { visible } from '../config/issues.ts'
import { explain as explainRequest } from '../explain/explain.ts'
import { answerSchema, type Explanation, type Past } from '../explain/explanation.ts'
import { pastOfLine } from '../explain/past.ts'
import { askedOf, BadQuestion, pastQuestionSchema, requestQuestionSchema } from '../explain/question.ts'
import { loadPolicy } from '../runtime/load.ts'
import { adminDoor, askAdmin, NoAnswer } from './admin-client.ts'
import { linesOfFiles } from './audit-files.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { explanationText } from './explain-text.ts'
import { questionOf } from './explain-words.ts'
import { jsonText } from './json-text.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'
import { pastText } from './past-text.ts'

const HELP = `sallyport explain POLICY "GET /api/orders?x=1" [options]
sallyport explain --id REQUEST_ID --audit FILE [options]

Tells what the gate would do with a request: the route and the near misses, each check with its verdict, the buckets
that would be charged, the header fields both ways, the upstream. It sends nothing and spends nothing.

  -H 'name: value'  a header field, as often as needed
  --key ID          the id of the key that the request shows, never the key itself
  --ip ADDRESS      where it comes from, default 127.0.0.1
  --host HOST       the Host header, default the first of \`hosts\`, or localhost
  --at TIME         2026-11-20T14:00:00Z, default now
  --body TEXT       the body; @FILE reads it from a file
  --live            ask the gate that runs, by what POLICY says of its admin listener: limits as they are now
  --admin URL       ask that admin listener, without POLICY; the token is in SALLYPORT_ADMIN_TOKEN
  --id REQUEST_ID   tell of a decision that was made, by its x-request-id: with --live or --admin one of the latest,
                    with --audit FILE one of that file
  --audit FILE      an audit file, also compressed (gzip); - is standard input
  --json            print one JSON object

Exit code: 0 forwarded or answered, 1 refused, 2 wrong use, or nothing to explain it by.

Example:
  sallyport explain config/policy.yaml "GET /posts?x=1" --key demo --ip 192.0.2.7
`

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true },
  key: { type: 'string' },
  ip: { type: 'string' },
  host: { type: 'string' },
  at: { type: 'string' },
  body: { type: 'string' },
  live: { type: 'boolean', default: false },
  admin: { type: 'string' },
  id: { type: 'string' },
  audit: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
const MAX_SHOWN = 300

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']
type Answer = Explanation | Past

/** `sallyport explain`: what would become of a request, and why. */
export const explain: Command = commandOf(
  { name: 'explain', summary: 'tell what the gate would do with a request, and why', help: HELP },
  async (args, io) => {
    const { values, positionals } = readOptions(args, OPTIONS)
    try {
      const answer =
        values.id === undefined
          ? await ofRequest(values, positionals, io)
          : await ofPast(values, positionals, io)
      io.stdout.write(values.json ? `${jsonText(answer)}\n` : textOf(answer, io))
      return answer.outcome === 'refuse' || answer.outcome === 'malformed' ? ANSWER_IS_NO : GOOD
    } catch (error) {
      if (error instanceof NoAnswer) io.stderr.write(`sallyport explain: ${error.message}\n`)
      else if (error instanceof BadQuestion) throw new WrongUse(inOptions(error.message))
      else throw error
      return WRONG_USE
    }
  },
)

const textOf = (answer: Answer, io: Io): string =>
  answer.kind === 'request' ? explanationText(answer, io) : pastText(answer, io)

async function ofRequest(values: Values, positionals: readonly string[], io: Io): Promise<Answer> {
  if (values.audit !== undefined) throw new WrongUse('--audit needs --id, the x-request-id of a reply')
  const { header: headers = [], body } = values
  const { policy, question } = questionOf({ positionals, headers, body, more: namedIn(values) })
  if (isLive(values)) return askLive(values, policy, question, io)
  if (policy === undefined)
    throw new WrongUse('name the policy file, then the request; or ask a gate with --admin URL')
  const { compiled, errors } = loadPolicy(policy, io.env, Date.now())
  if (compiled === null) throw new NoAnswer(errors.join('\n'))
  const parsed = requestQuestionSchema.safeParse(question)
  if (!parsed.success) throw new WrongUse(mistakeIn(parsed.error.issues[0]?.path ?? []))
  return explainRequest(askedOf(parsed.data, compiled.policy, Date.now()), { ...compiled, live: null })
}

function namedIn({ key, ip, at, host }: Values) {
  return {
    ...(key === undefined ? {} : { key }),
    ...(ip === undefined ? {} : { ip }),
    ...(at === undefined ? {} : { at }),
    ...(host === undefined ? {} : { host }),
  }
}

const isLive = ({ live, admin }: Values): boolean => live || admin !== undefined

async function ofPast(values: Values, [policy, ...more]: readonly string[], io: Io): Promise<Answer> {
  if (more.length > 0) throw new WrongUse('--id tells of a request that was made: describe none beside it')
  const asked = pastQuestionSchema.safeParse({ request_id: values.id })
  if (!asked.success) throw new WrongUse('--id takes the x-request-id of a reply: 32 hex digits')
  if (values.audit !== undefined) return inFile(values.audit, asked.data.request_id, hashIn(policy, io))
  if (isLive(values)) return askLive(values, policy, asked.data, io)
  throw new WrongUse('say where the decision is to be found: --audit FILE, --live or --admin URL')
}

function hashIn(policy: string | undefined, io: Io): string | null {
  return policy === undefined ? null : (loadPolicy(policy, io.env, Date.now()).compiled?.policy.hash ?? null)
}

async function inFile(file: string, id: string, inForce: string | null): Promise<Past> {
  for await (const read of linesOfFiles([file])) {
    if (read.kind === 'request' && read.line.id === id) return pastOfLine(read.line, inForce)
  }
  throw new NoAnswer(`no line of ${visible(file, MAX_SHOWN)} is about this request`)
}

async function askLive(
  { live, admin }: Values,
  policy: string | undefined,
  question: object,
  io: Io,
): Promise<Answer> {
  if (live && admin !== undefined)
    throw new WrongUse('--live goes by the policy, --admin by a URL: one of them')
  if (live && policy === undefined) throw new WrongUse('--live needs the policy file, or write --admin URL')
  const { status, body } = await askAdmin(adminDoor(admin, policy ?? '', io.env), '/explain', question)
  if (status !== 200) throw refusalOf(status, body)
  const answer = answerSchema.safeParse(body)
  if (!answer.success) throw new NoAnswer('this is not the answer of an admin listener of this version')
  return answer.data
}

const WRONG_VALUES: ReadonlySet<number> = new Set([400, 422])

function refusalOf(status: number, body: unknown): Error {
  const { code, title, detail } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  if (code === 'admin_token_invalid') return new NoAnswer('the gate has another token')
  const said = [detail, title].find((text) => typeof text === 'string' && text !== '') ?? ''
  const text = visible(inOptions(`${said}`), MAX_SHOWN)
  return WRONG_VALUES.has(status) ? new WrongUse(text) : new NoAnswer(`${status} ${text}`)
}

/** The names of a question, as the command line has them. */
function inOptions(text: string): string {
  return text
    .replace(/`(ip|key|at|host|body)`/g, '--$1')
    .replace('`headers`', '-H')
    .replace(/`(method|target)`/g, 'the $1')
}

function mistakeIn([name]: readonly PropertyKey[]): string {
  return inOptions(`\`${String(name)}\` holds what no request can hold, or too much of it`)
}
