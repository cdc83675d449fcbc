import { checkPolicy } from '../config/checks/check-policy.ts'
import { visible } from '../config/issues.ts'
import { chunksBeside, readBounded, readerBeside } from '../config/read.ts'
import { MAX_FILE_BYTES } from '../config/yaml.ts'
import { duration } from '../policies/units.ts'
import { openApiDrift } from './check-openapi.ts'
import { testFailures } from './check-tests.ts'
import { type CheckResult, checkObject, checkText, isGood } from './check-text.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport check FILE [options]

Reads a policy file and tells everything that is wrong with it, each as file:line:col: message, and what is probably
not meant, with a code: docs/checks.md explains each. A comment on the line of a warning, or above it, silences it:
  # sallyport-allow CODE: why it is right here
References such as \${env:NAME} must be resolvable. If the policy names tests of its own (\`tests\`), they must pass.

  --strict             warnings are a no, too
  --expires-within T   tell keys that expire within this time, default 30d
  --openapi DOCUMENT   also tell where the policy and the API's OpenAPI document differ: operations that no route
                       serves, routes and methods that no operation describes, credentials asked for or not
  --base PATH          what stands in front of the document's paths, such as /v1; default: what its servers say
  --json               print one JSON object instead

Exit code: 0 the file is good, 1 it is not or differs from the document, 2 wrong use.

Example:
  sallyport check --strict config/policy.yaml
`

const OPTIONS = {
  strict: { type: 'boolean', default: false },
  'expires-within': { type: 'string', default: '30d' },
  openapi: { type: 'string' },
  base: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
const MAX_SHOWN = 400

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']

/** `sallyport check`: judges a policy file without starting anything. */
export const check: Command = commandOf(
  { name: 'check', summary: 'tell what is wrong with a policy file', help: HELP },
  async (args, io) => {
    const { values, positionals } = readOptions(args, OPTIONS)
    const [file = '', ...more] = positionals
    if (file === '' || more.length > 0) throw new WrongUse('name one policy file')
    const result = await resultOf(file, values, io)
    const drift = await driftFor(result, values, io)
    const good = isGood(result) && drift.length === 0
    if (values.json) io.stdout.write(`${JSON.stringify({ ...checkObject(result), good, drift })}\n`)
    else io.stdout.write(checkText(result, drift, io))
    return good ? GOOD : ANSWER_IS_NO
  },
)

async function resultOf(file: string, values: Values, io: Io): Promise<CheckResult> {
  const expiresWithinMs = durationOf(values['expires-within'])
  const text = read(file)
  const checked = checkPolicy(text, {
    file,
    readText: readerBeside(file),
    readChunks: chunksBeside(file),
    env: io.env,
    nowMs: Date.now(),
    expiresWithinMs,
  })
  const failures = await testFailures(file, checked.compiled, io)
  return { ...checked, file, text, failures, isStrict: values.strict }
}

function durationOf(text: string): number {
  const { data } = duration().safeParse(text)
  if (data === undefined) throw new WrongUse('write --expires-within as a duration such as 30d or 12h')
  return data
}

function read(file: string): string {
  try {
    return readBounded(file, MAX_FILE_BYTES)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new WrongUse(visible(`${file} cannot be read: ${why}`, MAX_SHOWN))
  }
}

async function driftFor({ file, text }: CheckResult, { openapi, base }: Values, io: Io) {
  if (openapi === undefined) return []
  const drift = await openApiDrift(file, text, { openapi, base }, io)
  if (typeof drift === 'string') throw new WrongUse(visible(drift, MAX_SHOWN))
  return drift
}
