import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kind, Plan, Script } from './case.ts'
import { ENDINGS, type Ending } from './draft.ts'

export const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url))

/** A case that was once a finding, as bytes: it outlives changes of the mutators. */
export interface Entry extends Script {
  /** What was found, in words. */
  readonly found: string
  readonly seed: number
  readonly index: number
  readonly mutations: readonly string[]
}

/** All entries by file name, in order. @throws when a file is no entry */
export function readCorpus(folder: string): (readonly [string, Entry])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, parseEntry(readFileSync(join(folder, name), 'utf8'), name)] as const)
}

/** @throws when the text is no entry */
export function parseEntry(text: string, name: string): Entry {
  const value: unknown = JSON.parse(text)
  if (!isEntry(value)) throw new Error(`${name}: not a corpus entry`)
  return value
}

/** Writes what was found. @returns the file's path */
export function writeEntry(folder: string, plan: Plan, script: Script, found: string): string {
  mkdirSync(folder, { recursive: true })
  const { kind, asked, count, writes, ending } = script
  const mutations = plan.mutations.map(({ name }) => name)
  const entry: Entry = {
    kind,
    found,
    seed: plan.seed,
    index: plan.index,
    mutations,
    asked,
    count,
    ending,
    writes,
  }
  const file = join(folder, `${kind}-${plan.seed}-${plan.index}.json`)
  writeFileSync(file, `${JSON.stringify(entry, null, 2)}\n`)
  return file
}

const KINDS: readonly Kind[] = ['requests', 'reply']

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const entry = value as Partial<Record<keyof Entry, unknown>>
  return (
    KINDS.includes(entry.kind as Kind) &&
    ENDINGS.includes(entry.ending as Ending) &&
    [entry.asked, entry.found].every((text) => typeof text === 'string') &&
    [entry.count, entry.seed, entry.index].every((number) => Number.isInteger(number)) &&
    isList(entry.mutations) &&
    isList(entry.writes)
  )
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
