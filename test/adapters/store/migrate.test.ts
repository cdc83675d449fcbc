import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import t, { type Test } from 'tap'
import { MIGRATIONS, type Migrations, migrate, migratorOf } from '../../../src/adapters/store/migrate.ts'
import { sqliteDialect } from '../../../src/adapters/store/sqlite-dialect.ts'
import { daily, fileIn, openScene } from './scene.ts'

type Db = Kysely<unknown>
const names = Object.keys(MIGRATIONS)

/** What a version had in it, put in once that version was reached. A new migration adds its line. */
const CONTENTS: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  '0001-quotas': (db) =>
    sql`insert into quotas values ('plan|1:a', 'day', ${Math.floor(Date.UTC(2026, 4, 15) / 86_400_000)}, 4, 0)`.execute(
      db,
    ),
}

function opened(t: Test, path: string): Db {
  const db = new Kysely<unknown>({ dialect: sqliteDialect(new DatabaseSync(path)) })
  t.teardown(() => db.destroy())
  return db
}

async function tablesOf(db: Db): Promise<readonly string[]> {
  return (await db.introspection.getTables())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('store_migrations'))
    .sort()
}

const creating = (table: string): Migration => ({
  up: async (db) => void (await db.schema.createTable(table).addColumn('x', 'text').execute()),
})
const failing: Migration = {
  up: async (db) => {
    await creating('half').up(db)
    throw new Error('cannot be done')
  },
}

t.test('migrations are named in their order, and each has its fixture', async (t) => {
  t.strictSame(names, names.toSorted())
  t.strictSame(
    names.map((name) => name.slice(0, 5)),
    names.map((_, i) => `${String(i + 1).padStart(4, '0')}-`),
  )
  t.strictSame(Object.keys(CONTENTS), names)
})

for (const [i, version] of ['nothing', ...names].entries()) {
  t.test(`a store with ${version} in it comes to this version, and keeps its counts`, async (t) => {
    const path = fileIn(t)
    const db = opened(t, path)
    for (const name of names.slice(0, i)) {
      const { error } = await migratorOf(db, MIGRATIONS).migrateTo(name)
      t.equal(error, undefined)
      await CONTENTS[name]?.(db)
    }
    await db.destroy()
    const { left } = await openScene(t, path)
    t.equal(left(daily), i === 0 ? 10 : 6)
  })
}

t.test('a store of this version is left as it is', async (t) => {
  const db = opened(t, fileIn(t))
  await migrate(db, 'x.db')
  const before = await sql`select * from store_migrations`.execute(db)
  await migrate(db, 'x.db')
  t.strictSame((await sql`select * from store_migrations`.execute(db)).rows, before.rows)
})

t.test('a store of a newer version is refused and not touched', async (t) => {
  const path = fileIn(t)
  const db = opened(t, path)
  const newer: Migrations = { ...MIGRATIONS, '9999-later': creating('later') }
  await migrate(db, path, newer)
  const before = await tablesOf(db)
  await t.rejects(migrate(db, path), /store\.db: it is of a newer version of Sallyport \(9999-later\)/)
  t.strictSame(await tablesOf(db), before)
  await db.destroy()
  await t.rejects(openScene(t, path), /newer version/)
  await t.rejects(openScene(t, path), /newer version/, 'and its lock is let go')
})

t.test('a step that fails leaves nothing behind, nor do those before it', async (t) => {
  const db = opened(t, fileIn(t))
  await migrate(db, 'x.db', { '1-one': creating('one') })
  const steps = { '1-one': creating('one'), '2-two': creating('two'), '3-half': failing }
  await t.rejects(migrate(db, 'x.db', steps), /store x\.db: cannot be done/)
  t.strictSame(await tablesOf(db), ['one'])
  await migrate(db, 'x.db', { ...steps, '3-half': creating('three') })
  t.strictSame(await tablesOf(db), ['one', 'three', 'two'])
})
