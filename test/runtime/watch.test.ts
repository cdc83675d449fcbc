import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type WatchOptions, watchFiles } from '../../src/runtime/watch.ts'

/** A watcher holds no process up; this test is to wait for it. */
const hold = setInterval(() => undefined, 1000)
t.teardown(() => clearInterval(hold))

/** Watches one file and keeps what it held whenever a change was told. */
function watched(t: Test, file: string, more: Partial<WatchOptions> = {}) {
  const seen: string[] = []
  let wake: (() => void) | null = null
  const watcher = watchFiles([file], {
    settleMs: 5,
    onChange: () => {
      seen.push(read(file))
      wake?.()
      return [file]
    },
    ...more,
  })
  t.teardown(() => watcher.close())
  const changes = async (count: number): Promise<string[]> => {
    while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve))
    return seen
  }
  return { seen, changes, watcher }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return 'gone'
  }
}

t.test('a change in place is told', async (t) => {
  const file = join(t.testdir({ policy: 'one' }), 'policy')
  const { changes } = watched(t, file)
  writeFileSync(file, 'two')
  t.equal((await changes(1)).at(-1), 'two')
})

t.test('a change by rename is told, again and again', async (t) => {
  const dir = t.testdir({ policy: 'one' })
  const file = join(dir, 'policy')
  const { changes } = watched(t, file)
  for (const [i, text] of ['two', 'three', 'four'].entries()) {
    writeFileSync(join(dir, 'new'), text)
    renameSync(join(dir, 'new'), file)
    t.equal((await changes(i + 1)).at(-1), text)
  }
})

t.test('the flip of a ConfigMap is told', async (t) => {
  const dir = t.testdir()
  for (const [version, text] of Object.entries({ '..1': 'one', '..2': 'two' })) {
    mkdirSync(join(dir, version))
    writeFileSync(join(dir, version, 'policy'), text)
  }
  symlinkSync('..1', join(dir, '..data'))
  symlinkSync('..data/policy', join(dir, 'policy'))
  const { changes } = watched(t, join(dir, 'policy'))
  symlinkSync('..2', join(dir, '..data_tmp'))
  renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
  rmSync(join(dir, '..1'), { recursive: true })
  t.equal((await changes(1)).at(-1), 'two')
})

t.test('a file that vanishes and comes back is told both times', async (t) => {
  const file = join(t.testdir({ policy: 'one' }), 'policy')
  const { changes } = watched(t, file)
  rmSync(file)
  t.equal((await changes(1)).at(-1), 'gone')
  writeFileSync(file, 'one')
  t.equal((await changes(2)).at(-1), 'one')
})

t.test('a folder that vanishes and comes back is seen by the slow look', async (t) => {
  const dir = t.testdir({ etc: { policy: 'one' } })
  const file = join(dir, 'etc', 'policy')
  const { changes } = watched(t, file, { pollMs: 20 })
  rmSync(join(dir, 'etc'), { recursive: true })
  t.equal((await changes(1)).at(-1), 'gone')
  mkdirSync(join(dir, 'etc'))
  writeFileSync(file, 'two')
  t.equal((await changes(2)).at(-1), 'two')
})

t.test('a folder that is not there yet harms nobody', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'later', 'policy')
  const { changes } = watched(t, file, { pollMs: 20 })
  mkdirSync(join(dir, 'later'))
  writeFileSync(file, 'one')
  t.equal((await changes(1)).at(-1), 'one')
})

t.test('other files of the folder, and the same content again, wake nobody', async (t) => {
  const dir = t.testdir({ policy: 'one' })
  const file = join(dir, 'policy')
  const { seen, changes } = watched(t, file)
  for (let i = 0; i < 20; i++) {
    writeFileSync(join(dir, 'audit.jsonl'), String(i))
    writeFileSync(file, 'one')
    await wait(2)
  }
  writeFileSync(file, 'two')
  await changes(1)
  t.strictSame(seen, ['two'])
})

t.test('files that the policy names from now on are watched', async (t) => {
  const dir = t.testdir({ policy: 'one', secret: 'a' })
  const [policy, secret] = [join(dir, 'policy'), join(dir, 'secret')]
  let tell: (what: string) => void = () => undefined
  const watcher = watchFiles([policy], {
    settleMs: 5,
    onChange: () => {
      tell(read(secret))
      return [policy, secret]
    },
  })
  t.teardown(() => watcher.close())
  const told = () => new Promise<string>((resolve) => (tell = resolve))
  let next = told()
  writeFileSync(policy, 'two')
  await next
  next = told()
  writeFileSync(secret, 'b')
  t.equal(await next, 'b')
})

t.test('what was accepted is not told again', async (t) => {
  const file = join(t.testdir({ policy: 'one' }), 'policy')
  const { seen, changes, watcher } = watched(t, file)
  writeFileSync(file, 'two')
  watcher.accept([file])
  await wait(50)
  writeFileSync(file, 'three')
  await changes(1)
  t.strictSame(seen, ['three'])
})

t.test('what changes between the mark and the acceptance is told', async (t) => {
  const file = join(t.testdir({ policy: 'one' }), 'policy')
  const { changes, watcher } = watched(t, file)
  const mark = watcher.mark()
  writeFileSync(file, 'two')
  watcher.accept([file], mark)
  t.equal((await changes(1)).at(-1), 'two')
})

t.test('who accepts by itself while it is told is not told again', async (t) => {
  const dir = t.testdir({ policy: 'one', secret: 'a' })
  const [policy, secret] = [join(dir, 'policy'), join(dir, 'secret')]
  const seen: string[] = []
  let tell: () => void = () => undefined
  const watcher = watchFiles([policy], {
    settleMs: 5,
    onChange: () => {
      seen.push(read(policy) + read(secret))
      watcher.accept([policy, secret], watcher.mark())
      tell()
      return undefined
    },
  })
  t.teardown(() => watcher.close())
  const told = () => new Promise<void>((resolve) => (tell = resolve))
  let next = told()
  writeFileSync(policy, 'two')
  await next
  next = told()
  writeFileSync(secret, 'b')
  await next
  await wait(50)
  t.strictSame(seen, ['twoa', 'twob'])
})
