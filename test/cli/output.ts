import type { Command, Io } from '../../src/cli/command.ts'

/** Runs a command and keeps what it writes. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  options: { isTTY?: boolean; env?: Io['env'] } = {},
) {
  let stdout = ''
  let stderr = ''
  const io: Io = {
    stdout: {
      write: (text) => {
        stdout += text
      },
      isTTY: options.isTTY ?? false,
    },
    stderr: {
      write: (text) => {
        stderr += text
      },
      isTTY: options.isTTY ?? false,
    },
    env: options.env ?? {},
  }
  const code = await command.run(args, io)
  return { code, stdout, stderr }
}
