import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openSqliteFile } from '../../../src/adapters/store/sqlite-file.ts'
import { daily, fileIn, openScene } from './scene.ts'

const modeOf = (path: string): number => statSync(path).mode & 0o777

t.test('only its own user may read what it makes', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path)
  charge(daily)
  await store.flush()
  for (const suffix of ['', '-lock', '-wal', '-shm']) t.equal(modeOf(path + suffix), 0o600, suffix)
})

t.test('what is committed is not lost with the process, and waits are bounded', async (t) => {
  const { store } = await openScene(t, fileIn(t))
  const pragma = (name: string): unknown =>
    Object.values(store.database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  t.strictSame(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map(pragma), ['wal', 1, 1, 10])
})

const refusals: readonly (readonly [string, RegExp, (path: string) => string])[] = [
  ['a missing folder', /missing\/x\.db: its folder does not exist/, (dir) => join(dir, 'missing', 'x.db')],
  ['a folder that is a file', /its folder is no folder/, (dir) => join(written(dir, 'file', ''), 'x.db')],
  ['a folder', /it is a folder; name a file/, folder],
  [
    'another kind of file',
    /it is no SQLite database/,
    (dir) => written(dir, 'x.db', 'a text, as it seems '.repeat(99)),
  ],
  ['a damaged file', /it is damaged/, damaged],
  ['a named pipe, without waiting for it', /is no regular file/, pipe],
  [
    'a pipe in place of its lock',
    /x\.db-lock is no regular file/,
    (dir) => pipe(dir, 'x.db-lock').slice(0, -5),
  ],
]

for (const [what, message, make] of refusals) {
  t.test(`${what} is refused in plain words`, async (t) => {
    const path = make(t.testdir())
    t.throws(() => openSqliteFile(path), message)
    t.throws(() => openSqliteFile(path), message, 'again: no lock was left behind')
  })
}

t.test('a file that may only be read is refused', async (t) => {
  const dir = t.testdir()
  const path = written(dir, 'x.db', '')
  chmodSync(path, 0o444)
  asNobody(() => t.throws(() => openSqliteFile(path), /no permission to write/))
})

t.test('a file that another program holds is refused, and can be used once it lets go', async (t) => {
  const path = fileIn(t)
  const other = new DatabaseSync(path)
  other.exec('BEGIN EXCLUSIVE')
  t.throws(() => openSqliteFile(path), /it is locked by another program/)
  other.close()
  const { database, unlock } = openSqliteFile(path)
  database.close()
  unlock()
})

t.test('a second gate is refused, and may have the file once the first has ended', async (t) => {
  const path = fileIn(t)
  const first = await openScene(t, path)
  await t.rejects(openScene(t, path), /another process counts in it/)
  await first.store.close()
  await openScene(t, path)
})

function written(dir: string, name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

function folder(dir: string): string {
  mkdirSync(join(dir, 'x.db'))
  return join(dir, 'x.db')
}

function pipe(dir: string, name = 'x.db'): string {
  execFileSync('mkfifo', [join(dir, name)])
  return join(dir, name)
}

/** A database of several pages, the later ones overwritten. */
function damaged(dir: string): string {
  const path = join(dir, 'x.db')
  const database = new DatabaseSync(path)
  database.exec('create table x (text primary key)')
  const insert = database.prepare('insert into x values (?)')
  for (let i = 0; i < 500; i++) insert.run(`row ${i} ${'x'.repeat(50)}`)
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0xab, 4096 + 8)
  writeFileSync(path, bytes)
  return path
}

/** Root may write any file, and tests may run as root. */
function asNobody(act: () => void): void {
  const uid = process.geteuid?.()
  if (uid === 0) process.seteuid?.(65_534)
  try {
    act()
  } finally {
    if (uid === 0) process.seteuid?.(0)
  }
}
