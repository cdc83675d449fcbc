import { closeSync, constants, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DAMAGED, isBusy, problemOf, StoreUnusable, unusable } from './problem.ts'

/** Only the gate's own user reads who its clients are and what they spent. */
const MODE = 0o600
/** How long the start waits for another program that holds the file. */
const START_WAIT_MS = 1000
/** A wait in a running gate holds up its requests: what fails is tried again soon. */
const RUNNING_WAIT_MS = 10
/** 1 GiB in pages of 4 KiB: whatever clients do, the store does not fill a disk. */
const MAX_PAGES = 262_144

/** An open database, held against every other gate. */
export interface SqliteFile {
  readonly database: DatabaseSync
  /** Lets another gate have the file; the database itself is closed by who uses it. */
  readonly unlock: () => void
}

/**
 * Opens the file, or makes it, for this process alone.
 * @throws StoreUnusable that says why it cannot be used
 */
export function openSqliteFile(path: string): SqliteFile {
  makeFile(path, path)
  const lock = lockOf(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: START_WAIT_MS })
    prepare(database, path)
    return { database, unlock: () => lock.close() }
  } catch (error) {
    database?.close()
    lock.close()
    throw unusable(path, error)
  }
}

/** After the migrations: from here on a request could be waiting. */
export function stopWaiting(database: DatabaseSync): void {
  database.exec(`PRAGMA busy_timeout = ${RUNNING_WAIT_MS}`)
}

/** SQLite would make the file for everybody to read, and would wait for ever for a named pipe. */
function makeFile(path: string, store: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw new StoreUnusable(store, 'it is a folder; name a file')
    if (found !== undefined && !found.isFile()) throw new StoreUnusable(store, `${path} is no regular file`)
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, MODE))
  } catch (error) {
    throw unusable(store, error)
  }
}

/**
 * Two gates that wrote their counts over each other would both grant the whole quota. The lock is an open transaction
 * on a file beside the store: the system lets go of it however the process ends, and copies of the store itself can
 * still be taken.
 */
function lockOf(path: string): DatabaseSync {
  const lockPath = `${path}-lock`
  makeFile(lockPath, path)
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(lockPath, { timeout: START_WAIT_MS })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    const problem = isBusy(error)
      ? 'another process counts in it; give each gate a store of its own, or use `redis`'
      : `${lockPath}: ${problemOf(error)}`
    throw new StoreUnusable(path, problem, error)
  }
}

function prepare(database: DatabaseSync, path: string): void {
  const { journal_mode } = database.prepare('PRAGMA journal_mode = WAL').get() ?? {}
  if (journal_mode !== 'wal') throw new StoreUnusable(path, 'its file system has no shared memory for WAL')
  database.exec(`PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA max_page_count = ${MAX_PAGES}`)
  const { quick_check } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
  if (quick_check !== 'ok') throw new StoreUnusable(path, DAMAGED)
}
