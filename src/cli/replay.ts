import { replay as replayLines } from '../replay/replay.ts'
import { loadPolicy } from '../runtime/load.ts'
import { linesOfFiles } from './audit-files.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { jsonText } from './json-text.ts'
import { spanOf } from './moment.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'
import { replayText } from './replay-text.ts'

const HELP = `sallyport replay AUDIT.jsonl... [--policy FILE] [options]

Judges the requests of audit files again by another policy, on the clock of the record, and tells which decisions
change. Limits are counted anew, from nothing. Asks and changes nothing that runs.

  --policy FILE   the policy to judge by, default config/policy.yaml
  --since TIME    compare from here on: 2026-11-20, 2026-11-20T14:00:00Z, or 2h for two hours ago
  --until TIME    compare up to here
  --json          print one JSON object

Several files are read one after the other, the oldest first; - is standard input. Files may be compressed (gzip).

Exit code: 0 no decision changes, 1 some do, 2 wrong use, or a file is no audit.

Example:
  sallyport replay /var/log/sallyport/audit.jsonl --policy new.yaml
`

const OPTIONS = {
  policy: { type: 'string', default: 'config/policy.yaml' },
  since: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

/** `sallyport replay`: recorded requests, judged by another policy. */
export const replay: Command = commandOf(
  { name: 'replay', summary: 'tell which recorded decisions another policy changes', help: HELP },
  async (args, io) => {
    const { values, positionals: files } = readOptions(args, OPTIONS)
    if (files.length === 0) throw new WrongUse('name the audit file, or - for standard input')
    const span = spanOf(values, Date.now())
    const { compiled, errors } = loadPolicy(values.policy, io.env, Date.now())
    if (compiled === null) {
      io.stderr.write(`${errors.join('\n')}\n`)
      return WRONG_USE
    }
    const result = await replayLines(linesOfFiles(files), compiled, { ...span, ...progressOn(io) })
    io.stdout.write(values.json ? `${jsonText(result)}\n` : replayText(result))
    return result.changed === 0 ? GOOD : ANSWER_IS_NO
  },
)

/** Only for somebody who watches. */
function progressOn({ stderr }: Io): { readonly onProgress?: (lines: number) => void } {
  if (stderr.isTTY !== true) return {}
  return { onProgress: (lines) => void stderr.write(`\r${lines.toLocaleString('en-US')} lines\r`) }
}
