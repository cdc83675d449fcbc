import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { problemsOf } from './compiling.ts'

/** Each NAME.yaml has its problems beside it in NAME.txt, one to a line, as `sallyport check` prints them. */
const CASES = new URL('../cases/config/', import.meta.url)

const names = readdirSync(CASES).flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? [])

t.ok(names.length > 10, 'there are cases')
for (const name of names) {
  t.test(`${name}.yaml has the problems of ${name}.txt`, async (t) => {
    const text = readFileSync(new URL(`${name}.yaml`, CASES), 'utf8')
    const wanted = readFileSync(new URL(`${name}.txt`, CASES), 'utf8')
    t.equal(`${problemsOf(text).join('\n')}\n`, wanted)
  })
}
