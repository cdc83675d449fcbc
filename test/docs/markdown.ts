import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export function readText(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

const markdownIn = (folder: string, recursive: boolean): string[] =>
  readdirSync(`${ROOT}${folder}`, { encoding: 'utf8', recursive })
    .map((name) => `${folder}${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md'))

/** Every document of the repository, by its path below the root. */
export const PAGES: readonly string[] = [
  ...markdownIn('', false),
  ...markdownIn('docs/', true),
  ...markdownIn('src/policies/', true),
]

/** A fenced block, and the heading it stands under. */
export interface Block {
  readonly heading: string
  readonly language: string
  readonly lines: readonly string[]
}

interface Reading {
  readonly blocks: Block[]
  readonly prose: string[]
  heading: string
  open: { readonly language: string; readonly lines: string[] } | null
}

function readLine(state: Reading, line: string): void {
  const { open } = state
  const fence = /^```(\w*)\s*$/.exec(line)
  if (open !== null) {
    if (fence === null) open.lines.push(line)
    else {
      state.blocks.push({ heading: state.heading, ...open })
      state.open = null
    }
  } else if (fence !== null) state.open = { language: fence[1] ?? '', lines: [] }
  else {
    state.heading = /^#+ (.*)$/.exec(line)?.[1] ?? state.heading
    state.prose.push(line)
  }
}

function parse(text: string): Reading {
  const state: Reading = { blocks: [], prose: [], heading: '', open: null }
  for (const line of text.split('\n')) readLine(state, line)
  return state
}

export function blocksOf(text: string): readonly Block[] {
  return parse(text).blocks
}

/** The text without its fenced blocks. */
function proseOf(text: string): string {
  return parse(text).prose.join('\n')
}

/** Targets of links and images, code apart. */
export function linksOf(text: string): string[] {
  const prose = proseOf(text).replace(/`[^`]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** What a link to a place in the page may name: headings as GitHub writes them, and anchors of its own. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const prose = proseOf(text)
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
  const own = [...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...headings, ...own])
}

/** Rows of the tables under a heading, as cells without the marks of code. */
export function rowsUnder(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  return rowsOf(section.split(/^#+ /m)[0] ?? '')
}

/** Rows of all tables; their heads and rules are left out. */
export function rowsOf(text: string): string[][] {
  const lines = proseOf(text).split('\n')
  return lines.flatMap((line, i) => {
    const isRow = line.startsWith('| ') && !isRule(line) && !isRule(lines[i + 1] ?? '')
    return isRow ? [cellsOf(line)] : []
  })
}

const isRule = (line: string): boolean => /^\|(?: *:?-+:? *\|)+$/.test(line)

const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''))
