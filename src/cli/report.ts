import { reportSchema } from '../admin/report.ts'
import { reportOf } from '../report/read.ts'
import { adminDoor, askAdmin, NoAnswer } from './admin-client.ts'
import { linesOfFiles } from './audit-files.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io } from './command.ts'
import { jsonText } from './json-text.ts'
import { momentOf } from './moment.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'
import { reportText } from './report-text.ts'

const HELP = `sallyport report [AUDIT.jsonl...] [options]

Tells what report mode let through and would have been refused, by route, code, key and org: from audit files, or
without a file from a running gate, through its admin listener, since it was started.

  --since TIME      only what was since: 2026-11-20, 2026-11-20T14:00:00Z, or 2h for two hours ago; needs a file
  --policy FILE     where the listener and its token are told of, default config/policy.yaml
  --admin URL       the listener, instead of --policy; the token is in SALLYPORT_ADMIN_TOKEN
  --json            print one JSON object

Several files are read one after the other; - is standard input. Files may be compressed (gzip).

Exit code: 0 nothing would have been refused, 1 something would or there is no answer, 2 wrong use, or a file is no
audit.

Example:
  sallyport report /var/log/sallyport/audit.jsonl --since 24h
  sallyport report --admin http://127.0.0.1:9902
`

const OPTIONS = {
  since: { type: 'string' },
  policy: { type: 'string', default: 'config/policy.yaml' },
  admin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']

const UNAUTHORIZED = 401
const FOUND = 200

/** `sallyport report`: whom enforcement would hit. */
export const report: Command = commandOf(
  { name: 'report', summary: 'tell what report mode let through', help: HELP },
  async (args, io) => {
    const { values, positionals: files } = readOptions(args, OPTIONS)
    try {
      return files.length === 0 ? await ofGate(values, io) : await ofFiles(files, values, io)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      io.stderr.write(`sallyport report: ${error.message}\n`)
      return ANSWER_IS_NO
    }
  },
)

async function ofFiles(files: readonly string[], { since, admin, json }: Values, io: Io): Promise<number> {
  if (admin !== undefined) throw new WrongUse('name audit files or --admin, not both')
  const sinceMs = since === undefined ? 0 : momentOf('since', since, Date.now())
  const result = await reportOf(linesOfFiles(files), sinceMs)
  io.stdout.write(json ? `${jsonText(result)}\n` : reportText(result, result.lines))
  return result.reported === 0 ? GOOD : ANSWER_IS_NO
}

async function ofGate({ since, admin, policy, json }: Values, io: Io): Promise<number> {
  if (since !== undefined)
    throw new WrongUse('--since needs an audit file: a gate only knows its totals since it was started')
  const { status, body } = await askAdmin(adminDoor(admin, policy, io.env), '/report')
  if (status === UNAUTHORIZED) throw new NoAnswer('the gate has another token')
  const answer = reportSchema.safeParse(body)
  if (status !== FOUND || !answer.success)
    throw new NoAnswer('this is not the answer of an admin listener of this version')
  io.stdout.write(json ? `${jsonText(body)}\n` : reportText(answer.data))
  return answer.data.reported === 0 ? GOOD : ANSWER_IS_NO
}
