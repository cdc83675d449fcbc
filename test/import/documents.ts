import { outline } from '../../src/config/outline.ts'
import { readOpenApi } from '../../src/import/document.ts'
import { driftOf } from '../../src/import/drift.ts'
import { type Imported, starterOfOpenApi } from '../../src/import/openapi.ts'
import { operationsOf } from '../../src/import/operations.ts'
import { starterText } from '../../src/import/starter.ts'

/** The smallest document around some paths. */
export function documentOf(paths: object, more: object = {}, openapi = '3.1.0'): string {
  return JSON.stringify({ openapi, info: { title: 'An API', version: '1' }, paths, ...more })
}

export const REPLIES = { responses: { '200': { description: 'fine' } } }

export interface Taken extends Imported {
  readonly text: string
}

/** What `sallyport import openapi` makes of a document. */
export async function taken(text: string, upstream: string | null = null): Promise<Taken> {
  const imported = starterOfOpenApi(await readOpenApi(text), { file: 'api.yaml', upstream, withBodies: true })
  return { ...imported, text: starterText(imported.starter) }
}

/** A policy in memory as `check` sees it. */
export function outlined(text: string, files: ReadonlyMap<string, string> = new Map()) {
  const readText = (path: string): string => {
    const found = files.get(path)
    if (found === undefined) throw new Error(`${path} is not there`)
    return found
  }
  return outline(text, { file: 'policy.yaml', readText, env: {}, nowMs: 0 })
}

/** Where a policy and a document differ. @throws Error when the policy is refused */
export async function driftBetween(policy: string, document: string, files?: ReadonlyMap<string, string>) {
  const { outline, compiled, problems, ...rest } = outlined(policy, files)
  if (outline === null || compiled === null)
    throw new Error(problems.map(({ message }) => message).join('\n'))
  return driftOf({ ...rest, problems, outline, compiled }, operationsOf(await readOpenApi(document)), null)
}

/** The route of the id, as it is written. */
export function routeText(text: string, id: string): string {
  const [, rest = ''] = text.split(`- id: ${id}\n`)
  return rest.split(/\n\n/)[0] ?? ''
}
