import { execFile } from 'node:child_process'
import { blocksOf, PAGES, ROOT, readText } from './markdown.ts'

/** A line that a document tells its reader to type. */
export interface ShellLine {
  readonly page: string
  readonly heading: string
  /** Without the comment; lines that end in a backslash are one. */
  readonly command: string
  readonly comment: string
}

export function shellLinesOf(page: string, text: string): ShellLine[] {
  return blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ heading, lines }) =>
      lines
        .join('\n')
        .replace(/\s*\\\n\s*/g, ' ')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => {
          const [, command = line, comment = ''] = /^(.*?)\s+# (.*)$/.exec(line) ?? []
          return { page, heading, command: command.trim(), comment }
        }),
    )
}

/** Every line of every document. */
export const SHELL_LINES: readonly ShellLine[] = PAGES.flatMap((page) => shellLinesOf(page, readText(page)))

/** The arguments of Sallyport in a line that runs it from a checkout; null for other lines. */
export function argumentsOf(command: string): string[] | null {
  const rest = /^(?:npm run -s sallyport --|sallyport) (.*)$/.exec(command)?.[1]
  return rest?.split(/\s+/) ?? null
}

export interface Ran {
  readonly code: number
  readonly stdout: string
}

/** Runs a line as a reader would, in the repository's root; `sallyport` alone is the checkout's. */
export function runLine(command: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const options = { cwd: ROOT, timeout: 60_000, env: { ...process.env, ...env } }
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-c', command.replace(/^sallyport /, 'npm run -s sallyport -- ')],
      options,
      (error, stdout) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout })
      },
    )
  })
}

/** The status of each answer to a curl line. */
export async function statusesOf(command: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await runLine(`${command} -s -o /dev/null --max-time 20 -w ' %{http_code}'`, env)
  return stdout.trim().split(/\s+/)
}
