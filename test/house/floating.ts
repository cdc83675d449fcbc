import { scan } from './imports.ts'

/**
 * Un-awaited promises the linter cannot see: it does not know the types of Node's own promise modules, nor of
 * tap's `rejects` and `resolves`. With one statement to a line, such a call at the start of a line is lost.
 */

const PROMISED = /^import\s*\{([^}]*)\}\s*from\s*'(?:node:(?:[\w/]+\/)?promises|node:events\/once)'/gm
const ONCE = /^import\s*\{([^}]*\bonce\b[^}]*)\}\s*from\s*'node:events'/gm
const TAP = ['t.rejects', 't.resolves', 't.resolveMatch']

const localName = (part: string): string =>
  part
    .split(/\sas\s/)
    .at(-1)
    ?.trim() ?? ''

function promisedNames(code: string): string[] {
  const lists = [...code.matchAll(PROMISED)].map((match) => match[1] ?? '')
  const names = lists.flatMap((list) => list.split(',').map(localName))
  return [...names, ...(ONCE.test(code) ? ['once'] : []), ...TAP].filter((name) => name !== '')
}

/** Each lost call as `line: name`. */
export function floatingCalls(source: string): string[] {
  ONCE.lastIndex = 0
  const { code, bare } = scan(source)
  const starts = promisedNames(code).map((name) => `${name}(`)
  return bare.split('\n').flatMap((line, index, lines) => {
    const call = starts.find((start) => line.trimStart().startsWith(start))
    // After `=>`, `return`, `=`, `(` or a comma at the end of the line before, the value goes somewhere.
    const goesOn = /(?:=>|\breturn|[=(,?:[&|])\s*$/.test(lines[index - 1] ?? '')
    return call === undefined || goesOn ? [] : [`${index + 1}: ${call})`]
  })
}
