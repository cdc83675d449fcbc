import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { ROOT } from './markdown.ts'
import type { Ran } from './shell.ts'

/** A folder of its own in which a reader works, with `sallyport` on the PATH. */
export class Folder {
  readonly dir: string

  constructor(t: Test) {
    this.dir = t.testdir()
    const program = `#!/bin/sh\nexec "${process.execPath}" "${ROOT}bin/sallyport.js" "$@"\n`
    this.write('bin/sallyport', program)
    chmodSync(this.at('bin/sallyport'), 0o755)
  }

  at(name: string): string {
    return join(this.dir, name)
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8')
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), text)
  }

  /** `stdout` is what it wrote, and its errors where that is nothing. */
  run(command: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const all = { PATH: `${this.at('bin')}:${process.env.PATH}`, HOME: this.dir, ...env }
    return new Promise((resolve) => {
      execFile(
        'bash',
        ['-c', command],
        { cwd: this.dir, env: all, timeout: 60_000 },
        (error, stdout, stderr) => {
          resolve({
            code: error === null ? 0 : Number(error.code ?? -1),
            stdout: stdout === '' ? stderr : stdout,
          })
        },
      )
    })
  }
}
