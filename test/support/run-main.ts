/** Somebody typed the command wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Runs the main function of a test that is started by command: 0 good, 1 something was found, 2 wrong use. */
export async function runMain(main: () => Promise<number>, help: string): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    const isWrongUse = error instanceof UsageError
    process.stderr.write(
      `${isWrongUse ? `${error.message}\n\n${help}` : error instanceof Error ? error.stack : error}\n`,
    )
    process.exitCode = isWrongUse ? 2 : 1
  }
}
