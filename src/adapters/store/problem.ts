/** A store that the program cannot start with, told to whoever starts it. */
export class StoreUnusable extends Error {
  constructor(path: string, problem: string, cause?: unknown) {
    super(`store ${path}: ${problem}`, { cause })
  }
}

export const DAMAGED = 'it is damaged; put a good copy in its place, or move it away to begin with nothing'

/** https://sqlite.org/rescode.html: the primary code is the low byte. */
const PRIMARY = 0xff
const BUSY = 5
const SQLITE_PROBLEMS: Readonly<Record<number, string>> = {
  [BUSY]: 'it is locked by another program',
  8: 'it may only be read',
  10: 'the disk fails (input/output error)',
  11: DAMAGED,
  13: 'the disk or the database is full',
  14: 'it cannot be opened',
  26: 'it is no SQLite database',
}

const SYSTEM_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is no folder',
  EACCES: 'no permission to write',
  EPERM: 'no permission to write',
  EROFS: 'the file system may only be read',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder; name a file',
}

/** Any error that keeps the program from starting with this store. */
export function unusable(path: string, error: unknown): StoreUnusable {
  return error instanceof StoreUnusable ? error : new StoreUnusable(path, problemOf(error), error)
}

/** What an error of SQLite or of the file system means to an operator. Holds nothing that is stored. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('errcode' in error && typeof error.errcode === 'number')
    return SQLITE_PROBLEMS[error.errcode & PRIMARY] ?? error.message
  if ('code' in error && typeof error.code === 'string') return SYSTEM_PROBLEMS[error.code] ?? error.message
  return error.message
}

export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & PRIMARY) === BUSY
}
