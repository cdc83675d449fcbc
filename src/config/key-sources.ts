import { createHash } from 'node:crypto'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { keyEntries } from '../policies/key/entry.ts'
import type { KeyEntrySettings } from '../policies/key/schema.ts'
import type { KeyEntry, TellTwin } from '../policies/key/table.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import { type KeyLine, keyLines } from './key-file.ts'
import type { Path } from './yaml-values.ts'

/** Each of them weighs some 120 bytes, twice during a reload. */
const MAX_KEYS = 200_000
/** What has expired is told for so many keys of the files; of the others only their number. */
const MAX_EXPIRED_TOLD = 5

export interface KeyOptions {
  /** Name of the policy in messages. */
  readonly file: string
  readonly readChunks: (path: string) => Iterable<Uint8Array>
  readonly nowMs: number
}

/** The entry that was read last, and how to tell something about it. */
interface Here {
  readonly draft: Draft
  readonly path: Path
}

/** Where the entries of one source begin in the order of all; `file` is null for the policy itself. */
interface Source {
  readonly file: string | null
  readonly from: number
}

/** All keys of a policy, those of its own list first, then those of its key files, read one by one. */
export class KeySources {
  /** Names of limits that keys bring with them. */
  readonly usedLimits = new Set<string>()
  readonly #sections: Sections
  readonly #draft: Draft
  readonly #options: KeyOptions
  readonly #routeIds: ReadonlySet<string>
  readonly #makeEntry = keyEntries()
  readonly #contents = createHash('sha256')
  /** Of each entry: its index in `keys`, or its line in the file. */
  readonly #numbers: number[] = []
  readonly #sources: Source[] = []
  #here: () => Here = () => ({ draft: this.#draft, path: ['keys'] })

  constructor(sections: Sections, draft: Draft, options: KeyOptions) {
    this.#sections = sections
    this.#draft = draft
    this.#options = options
    const ids = Array.from({ length: draft.count(['routes']) }, (_, i) => draft.raw(['routes', i, 'id']))
    this.#routeIds = new Set(ids.map(String))
  }

  /** The good entries; while one is read, `tellTwin` is about it. */
  *entries(): Generator<KeyEntry, void, undefined> {
    yield* this.#listed()
    const names = new Set<string>()
    for (const [i, path] of (this.#sections.single.key_files ?? []).entries()) {
      const name = isAbsolute(path) ? normalize(path) : join(dirname(this.#options.file), path)
      if (names.has(name)) this.#draft.errorAbout(['key_files', i], 'this file stands here twice')
      else yield* this.#fromFile(path, name, i)
      names.add(name)
    }
  }

  readonly tellTwin: TellTwin = ([, field], _message, twin) => {
    const { draft, path } = this.#here()
    draft.errorAbout([...path, field], `the key ${this.#whereOf(twin)} has the same ${field}`)
  }

  /** Of the contents of all key files; null when there are none. */
  digest(): string | null {
    const count = this.#sections.single.key_files?.length ?? 0
    return count === 0 ? null : this.#contents.digest('hex')
  }

  *#listed(): Generator<KeyEntry, void, undefined> {
    this.#begin(null)
    for (const [index, settings] of this.#sections.listed.keys.entries()) {
      if (settings === null) continue
      this.#here = () => ({ draft: this.#draft, path: ['keys', index] })
      const entry = this.#take(settings, index)
      if (this.#isExpired(entry)) {
        this.#draft.notice('key-expired', ['keys', index, 'expires'], `the key \`${entry.id}\` has expired`)
      }
      yield entry
    }
  }

  *#fromFile(path: string, name: string, index: number): Generator<KeyEntry, void, undefined> {
    this.#begin(name)
    let expired = 0
    try {
      for (const line of keyLines(this.#chunks(path), name, this.#draft.problems)) {
        this.#here = () => ({ draft: line.draft(), path: [] })
        const entry = this.#take(line.settings, line.line)
        if (this.#isExpired(entry) && ++expired <= MAX_EXPIRED_TOLD) tellExpired(line)
        yield entry
        if (this.#numbers.length < MAX_KEYS) continue
        this.#draft.errorAbout(['key_files', index], `there are more keys than ${MAX_KEYS} in all`)
        return
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      const hint = 'the path is relative to the policy file; at most 64MB'
      this.#draft.error(['key_files', index], 'this file cannot be read', hint)
    }
    if (expired > MAX_EXPIRED_TOLD) {
      const more = `${expired - MAX_EXPIRED_TOLD} more keys of this file have expired`
      this.#draft.notice('key-expired', ['key_files', index], more)
    }
  }

  *#chunks(path: string): Generator<Uint8Array, void, undefined> {
    const chunks = this.#options.readChunks(path)[Symbol.iterator]()
    this.#contents.update(`\0${path}\0`)
    try {
      for (let next = readNext(chunks); next !== null; next = readNext(chunks)) {
        this.#contents.update(next)
        yield next
      }
    } finally {
      chunks.return?.()
    }
  }

  #begin(file: string | null): void {
    this.#sources.push({ file, from: this.#numbers.length })
  }

  #take(settings: KeyEntrySettings, number: number): KeyEntry {
    const entry = this.#makeEntry(settings)
    this.#numbers.push(number)
    this.#tellUnknown('limits', 'limit', settings.limits, this.#sections.named.limits)
    this.#tellUnknown('routes', 'route', settings.routes, this.#routeIds)
    for (const name of settings.limits ?? []) this.usedLimits.add(name)
    return entry
  }

  /** A key whose limits are gone would be without limits. */
  #tellUnknown(key: string, what: string, used: readonly string[] | undefined, known: Known): void {
    for (const [i, name] of (used ?? []).entries()) {
      if (known.has(name)) continue
      const { draft, path } = this.#here()
      draft.unknownName([...path, key, i], what, name, known.keys())
    }
  }

  #isExpired({ expiresMs }: KeyEntry): boolean {
    return expiresMs !== null && expiresMs <= this.#options.nowMs
  }

  #whereOf(index: number): string {
    const number = this.#numbers[index] ?? 0
    const source = this.#sources.findLast(({ from }) => from <= index)
    const line = source?.file == null ? this.#draft.lineOf(['keys', number]) : number
    if (source === this.#sources.at(-1)) return `on line ${line}`
    return `at ${source?.file ?? this.#options.file}:${line}`
  }
}

type Known = ReadonlySet<string> | ReadonlyMap<string, unknown>

/** What reading a file threw, apart from faults of our own. */
class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
}

function readNext(chunks: Iterator<Uint8Array>): Uint8Array | null {
  try {
    const next = chunks.next()
    return next.done === true ? null : next.value
  } catch (cause) {
    throw new UnreadableError('a key file cannot be read', { cause })
  }
}

function tellExpired({ draft }: KeyLine): void {
  draft().notice('key-expired', ['expires'], 'this key has expired')
}
