import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'

/** Statements kept compiled; the programs of the store are few. */
const MAX_STATEMENTS = 16

/** Kysely over `node:sqlite`. Kysely closes the database when it is destroyed. */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  return new TransactionalDialect({ database: adapted(database) })
}

class TransactionalDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

/** Without a transaction, a migration that fails would leave half of itself behind; SQLite takes back its tables, too. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Kysely asks for the part of better-sqlite3 that it uses: parameters as one array, and whether rows come back. */
function adapted(database: DatabaseSync): SqliteDatabase {
  const known = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql: string): SqliteStatement {
      const statement = known.get(sql) ?? statementOf(database.prepare(sql))
      // The one used last goes to the end, so that the first is the one to give up.
      known.delete(sql)
      known.set(sql, statement)
      for (const oldest of known.keys()) {
        if (known.size <= MAX_STATEMENTS) break
        known.delete(oldest)
      }
      return statement
    },
  }
}

function statementOf(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}
