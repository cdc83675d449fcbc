import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { readBounded } from '../../src/config/read.ts'

t.test('a named pipe that nobody writes to is refused, and not waited for', async (t) => {
  const pipe = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  t.throws(() => readBounded(pipe, 1024), { message: `${pipe} is not a regular file` })
})
