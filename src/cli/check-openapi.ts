import { visible } from '../config/issues.ts'
import { outline } from '../config/outline.ts'
import { chunksBeside, readBounded, readerBeside } from '../config/read.ts'
import type { Drift } from '../import/drift.ts'
import type { Io } from './command.ts'

export interface Against {
  /** The OpenAPI document. */
  readonly openapi: string
  /** What stands in front of its paths; undefined: what its servers say. */
  readonly base: string | undefined
}

const MAX_SHOWN = 400

/**
 * Where a policy and the document of its API differ; nothing when the policy is refused anyway.
 * @returns a text when the document cannot be read
 */
export async function openApiDrift(
  file: string,
  text: string,
  { openapi, base }: Against,
  { env }: Io,
): Promise<readonly Drift[] | string> {
  // Only here: what reads documents has no place in a process that serves.
  const { MAX_DOCUMENT_BYTES, readOpenApi } = await import('../import/document.ts')
  const { driftOf } = await import('../import/drift.ts')
  const { operationsOf } = await import('../import/operations.ts')
  const options = {
    file,
    readText: readerBeside(file),
    readChunks: chunksBeside(file),
    env,
    nowMs: Date.now(),
  }
  const outlined = outline(text, options)
  try {
    const document = await readOpenApi(readBounded(openapi, MAX_DOCUMENT_BYTES))
    if (outlined.outline === null || outlined.compiled === null) return []
    const good = { ...outlined, outline: outlined.outline, compiled: outlined.compiled }
    return driftOf(good, operationsOf(document), base ?? null)
  } catch (error) {
    return visible(`${openapi}: ${error instanceof Error ? error.message : String(error)}`, MAX_SHOWN)
  }
}

/** One line for each difference, at the route's place in the policy where there is one. */
export function driftText(file: string, drift: readonly Drift[]): string {
  const lines = drift.map(({ line, message, code }) => {
    return `${file}${line === null ? '' : `:${line}`}: ${visible(message, MAX_SHOWN)} [${code}]\n`
  })
  return lines.join('')
}
