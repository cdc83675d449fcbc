import { ANSWER_IS_NO, type Command, GOOD, type Io } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport health [--url URL] [--json]

Asks a running gate whether it is ready, through its ops listener.

  --url URL   default http://127.0.0.1:9901/health
  --json      print the whole answer

Exit code: 0 ready, 1 not ready or no answer, 2 wrong use.

Example:
  sallyport health --url http://127.0.0.1:9901/health/live
`

const DEFAULT_URL = 'http://127.0.0.1:9901/health'
const TIMEOUT_MS = 3000
const MAX_SHOWN = 20_000

/** `sallyport health`: for the HEALTHCHECK of a container, and for people. */
export const health: Command = commandOf(
  { name: 'health', summary: 'ask a running gate how it is', help: HELP },
  ask,
)

async function ask(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions(args, {
    url: { type: 'string', default: DEFAULT_URL },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw new WrongUse('name one URL: --url URL')
  mustBeAsked(values.url)
  try {
    const reply = await fetch(values.url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
    const text = (await reply.text()).slice(0, MAX_SHOWN)
    io.stdout.write(values.json ? `${text}\n` : `${reply.status} ${statusOf(text)}\n`)
    return reply.ok ? GOOD : ANSWER_IS_NO
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    io.stderr.write(`${values.url}: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    return ANSWER_IS_NO
  }
}

/** @throws WrongUse; a password is not shown, as it would be in the message of a failure */
function mustBeAsked(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw new WrongUse('name one URL: --url URL')
  if (url.username + url.password !== '') throw new WrongUse('--url takes no user name and no password')
}

function statusOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'status' in body) return String(body.status)
  } catch {
    // Not ours: the status code has to do.
  }
  return ''
}
