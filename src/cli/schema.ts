import { writeFileSync } from 'node:fs'
import { testsJsonSchema } from '../cases/schema.ts'
import { policyJsonSchema } from '../config/json-schema.ts'
import { type Command, GOOD } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'

const HELP = `sallyport schema [--tests] [--write FILE]

Prints the JSON Schema (draft 2020-12) of policy files, for editors: name it in the first line of a policy as
# yaml-language-server: $schema=./policy.schema.json

  --tests        the schema of files with policy tests instead
  --write FILE   write it to FILE instead

Example:
  sallyport schema --write config/policy.schema.json
`

const OPTIONS = {
  write: { type: 'string' },
  tests: { type: 'boolean', default: false },
} as const

/** `sallyport schema`: the JSON Schema of policy files. */
export const schema: Command = commandOf(
  { name: 'schema', summary: 'print the JSON Schema of policy files', help: HELP },
  async (args, io) => {
    const { values, positionals } = readOptions(args, OPTIONS)
    if (positionals.length > 0) throw new WrongUse(`${positionals[0]} is one word too many`)
    const text = values.tests ? testsJsonSchema() : policyJsonSchema()
    if (values.write === undefined) io.stdout.write(text)
    else write(values.write, text)
    return GOOD
  },
)

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error))
  }
}
