/** Where a command writes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** The surroundings of a command, so that tests can give it others. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Exit codes of all commands. */
export const GOOD = 0
export const ANSWER_IS_NO = 1
export const WRONG_USE = 2

/** One command of the program, one file. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** With an example. */
  readonly help: string
  /** @returns the exit code: 0 good, 1 the answer is no, 2 wrong use */
  readonly run: (args: readonly string[], io: Io) => Promise<number>
}
