import { randomInt } from 'node:crypto'
import { runMain } from '../support/run-main.ts'
import { CORPUS, readCorpus, writeEntry } from './corpus.ts'
import { type Found, fuzz, type Result } from './fuzz.ts'
import { HELP, type Options, readOptions } from './options.ts'

const MAX_SEED = 1_000_000_000
const MAX_SHOWN = 2000

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), randomInt(MAX_SEED))
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  tell(`seed ${options.seed}`)
  const corpus = readCorpus(CORPUS).map(([, entry]) => entry)
  const result = await fuzz(options, corpus, { progress: tell, found: tellFound })
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : report(result, options))
  return result.found.length === 0 && result.isComplete ? 0 : 1
}

function tell(text: string): void {
  process.stderr.write(`fuzz: ${text}\n`)
}

function tellFound(found: Found): void {
  const { what, plan, script, repeats } = found
  tell(`FOUND ${what.slice(0, MAX_SHOWN)}`)
  if (script === null) return
  const bytes = JSON.stringify(script.writes).slice(0, MAX_SHOWN)
  tell(
    `  ${repeats ? 'again when run alone' : 'not again when run alone'}: ${script.asked} ${script.ending} ${bytes}`,
  )
  if (plan !== null) tell(`  written to ${writeEntry(CORPUS, plan, script, what)}`)
}

function report(result: Result, { seed }: Options): string {
  const { ran, found, isComplete } = result
  return `seed ${seed}: ${ran.requests} requests and ${ran.replies} replies in ${ran.cases} cases, ${ran.corpus} of the corpus, ${result.seconds} s
forwarded ${result.forwarded}, audit lines ${result.auditLines}, asked by victims ${result.victimRequests}, memory ${result.rssMb} MB (peak ${result.peakRssMb})
replies by status: ${JSON.stringify(result.statuses)}
${isComplete ? '' : 'not all was run\n'}${found.length === 0 ? 'nothing found' : `${found.length} found`}
`
}

await runMain(main, HELP)
