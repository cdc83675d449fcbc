import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { testsJsonSchema } from '../cases/schema.ts'
import { policyJsonSchema } from '../config/json-schema.ts'
import { type Command, GOOD, type Io, WRONG_USE } from './command.ts'

const HELP = `sallyport schema [--tests] [--write FILE]

Prints the JSON Schema (draft 2020-12) of policy files, for editors: name it in the first line of a policy as
# yaml-language-server: $schema=./policy.schema.json

  --tests        the schema of files with policy tests instead
  --write FILE   write it to FILE instead

Example:
  sallyport schema --write config/policy.schema.json
`

/** `sallyport schema`: the JSON Schema of policy files. */
export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of policy files',
  help: HELP,
  run: async (args, io) => {
    const options = readArgs(args)
    if (typeof options === 'string') return wrongUse(io, options)
    if (options.help) io.stdout.write(HELP)
    else if (options.write === undefined) io.stdout.write(schemaFor(options))
    else return write(options.write, schemaFor(options), io)
    return GOOD
  },
}

interface Options {
  readonly write?: string | undefined
  readonly tests: boolean
  readonly help: boolean
}

function readArgs(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        write: { type: 'string' },
        tests: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function wrongUse({ stderr }: Io, why: string): number {
  stderr.write(`sallyport schema: ${why}\nSee: sallyport schema --help\n`)
  return WRONG_USE
}

function schemaFor({ tests }: Options): string {
  return tests ? testsJsonSchema() : policyJsonSchema()
}

function write(file: string, text: string, io: Io): number {
  try {
    writeFileSync(file, text)
    return GOOD
  } catch (error) {
    return wrongUse(io, error instanceof Error ? error.message : String(error))
  }
}
