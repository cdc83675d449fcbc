import { Composer, type Document, isMap, LineCounter, type ParsedNode, type YAMLError } from 'yaml'
import { type Position, type Problems, visible } from './issues.ts'
import { positionAt, tokensOf } from './yaml-tokens.ts'

/** A YAML document and where its nodes are; nothing in it has been interpreted yet. */
export interface YamlFile {
  readonly root: ParsedNode
  readonly at: (offset: number) => Position
}

/** The most that a policy file may hold. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024
const START: Position = Object.freeze({ line: 1, col: 1 })
const MAX_MESSAGE = 160
const MAX_FAULTS = 200

/** Keys are compared by our own look-up (yaml.ts's takes quadratic time), merge keys are never followed. */
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  strict: true,
  stringKeys: true,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

/**
 * Parses one plain YAML 1.2 document.
 * @returns null when it is none; the problems are told
 */
export function parseYaml(text: string, problems: Problems): YamlFile | null {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    problems.error(START, `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024}MB`)
    return null
  }
  const lines = new LineCounter()
  const tokens = tokensOf(text, lines, problems)
  if (tokens === null) return null
  const at = (offset: number) => positionAt(lines, offset)
  const document = compose(tokens, text.length, at, problems)
  if (document === null) return null
  const root = document.contents
  if (!isMap(root)) {
    problems.error(START, emptiness(root), 'begin with `version: 1`')
    return null
  }
  return { root: root as ParsedNode, at }
}

type Token = Parameters<Composer['next']>[0]

function compose(
  tokens: readonly Token[],
  end: number,
  at: YamlFile['at'],
  problems: Problems,
): Document.Parsed | null {
  const [document, second] = [...new Composer(OPTIONS).compose(tokens, true, end)]
  const faults = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
  for (const { pos, message, code } of upToTab(faults).slice(0, MAX_FAULTS)) {
    const hint = code === TAB ? 'indent with spaces' : undefined
    problems.error(at(pos[0]), `not well-formed YAML: ${visible(message, MAX_MESSAGE)}`, hint)
  }
  if (second !== undefined) {
    problems.error(at(second.range[0]), 'a second document: a policy is one document')
  }
  return document === undefined || problems.hasErrors ? null : document
}

const TAB = 'TAB_AS_INDENT'

/** Behind a tab in the indentation nothing stands where its author meant it: what is told of it would mislead. */
function upToTab(faults: readonly YAMLError[]): readonly YAMLError[] {
  const tab = faults.findIndex(({ code }) => code === TAB)
  return tab === -1 ? faults : faults.slice(0, tab + 1)
}

function emptiness(root: unknown): string {
  return root === null ? 'the file is empty' : 'a policy is a mapping of settings'
}
