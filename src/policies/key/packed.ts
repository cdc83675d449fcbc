import { Slots } from './slots.ts'
import type { KeyEntry } from './table.ts'

/** What many keys have in common: they share one. */
type Profile = Pick<KeyEntry, 'scopes' | 'roles' | 'limits' | 'routes'>

const HASH_BYTES = 32
const FIRST_COUNT = 16
/** As no id, subject or org can hold it. */
const SEPARATOR = '\0'
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * Key entries in a few buffers, by number: some 100 bytes each, none of them on the heap, where a hundred thousand
 * objects would be walked through by every full collection of garbage. An entry is made when it is asked for.
 */
export class PackedKeys {
  #count = 0
  #hashes: Buffer = Buffer.alloc(FIRST_COUNT * HASH_BYTES)
  /** Id, subject and org of one entry after the other. */
  #texts: Buffer = Buffer.alloc(FIRST_COUNT * HASH_BYTES)
  /** Where the texts of each entry end. */
  #ends = new Uint32Array(FIRST_COUNT)
  #idSums = new Uint32Array(FIRST_COUNT)
  #hashSums = new Uint32Array(FIRST_COUNT)
  /** NaN never. */
  #expiresMs = new Float64Array(FIRST_COUNT)
  #revoked = new Uint8Array(FIRST_COUNT)
  #profileOf = new Uint32Array(FIRST_COUNT)
  readonly #profiles: Profile[] = []
  /** Lists of equal names are one and the same list, see entry.ts. */
  readonly #profileNumbers = new Map<unknown, Map<unknown, Map<unknown, Map<unknown, number>>>>()
  readonly #byHash = new Slots((number) => this.#hashSums[number] as number)
  readonly #byId = new Slots((number) => this.#idSums[number] as number)

  get hashes(): number {
    return this.#byHash.size
  }

  get ids(): number {
    return this.#byId.size
  }

  /** @returns the number of the entry with this lower-case hex hash, -1 when there is none */
  numberOfHash(hash: string): number {
    return this.#byHash.find(fnv(hash), (number) => this.#hashAt(number) === hash)
  }

  /** @returns the number of the entry with this id, -1 when there is none */
  numberOfId(id: string): number {
    return this.#byId.find(fnv(id), (number) => this.#textsAt(number)[0] === id)
  }

  /** Numbers of the entries that have an id of their own, in their order. */
  numbers(): Iterable<number> {
    return this.#byId.numbers()
  }

  /** Of two entries with one hash, or one id, the first is found by it. */
  add(entry: KeyEntry): void {
    const number = this.#count
    const isNewHash = this.numberOfHash(entry.hash) === -1
    const isNewId = this.numberOfId(entry.id) === -1
    this.#count += 1
    this.#reserve(this.#count)
    this.#hashes.write(entry.hash, number * HASH_BYTES, 'hex')
    this.#idSums[number] = fnv(entry.id)
    this.#hashSums[number] = fnv(entry.hash)
    this.#expiresMs[number] = entry.expiresMs ?? Number.NaN
    this.#revoked[number] = entry.revoked ? 1 : 0
    this.#profileOf[number] = this.#profileNumber(entry)
    this.#addTexts(number, entry)
    if (isNewHash) this.#byHash.add(fnv(entry.hash), number)
    if (isNewId) this.#byId.add(fnv(entry.id), number)
  }

  entry(number: number): KeyEntry {
    const [id = '', subject = '', org = ''] = this.#textsAt(number)
    const expiresMs = this.#expiresMs[number] as number
    const profile = this.#profiles[this.#profileOf[number] as number] as Profile
    return Object.freeze({
      id,
      hash: this.#hashAt(number),
      subject,
      org,
      scopes: profile.scopes,
      roles: profile.roles,
      limits: profile.limits,
      routes: profile.routes,
      expiresMs: Number.isNaN(expiresMs) ? null : expiresMs,
      revoked: this.#revoked[number] === 1,
    })
  }

  /** Gives back what was reserved for more entries. */
  trim(): void {
    this.#resize(this.#count)
    this.#texts = Buffer.from(this.#texts.subarray(0, this.#ends[this.#count - 1] ?? 0))
  }

  #hashAt(number: number): string {
    return this.#hashes.toString('hex', number * HASH_BYTES, (number + 1) * HASH_BYTES)
  }

  #textsAt(number: number): string[] {
    const start = number === 0 ? 0 : this.#ends[number - 1]
    return this.#texts.toString('utf8', start, this.#ends[number]).split(SEPARATOR)
  }

  #addTexts(number: number, { id, subject, org }: KeyEntry): void {
    const text = [id, subject, org].join(SEPARATOR)
    const start = number === 0 ? 0 : (this.#ends[number - 1] as number)
    const end = start + Buffer.byteLength(text)
    if (end > this.#texts.length) this.#texts = enlarged(this.#texts, Math.max(end, 2 * this.#texts.length))
    this.#texts.write(text, start)
    this.#ends[number] = end
  }

  #profileNumber({ scopes, roles, limits, routes }: KeyEntry): number {
    const last = branch(branch(branch(this.#profileNumbers, scopes), roles), limits)
    const known = last.get(routes)
    if (known !== undefined) return known
    last.set(routes, this.#profiles.length)
    return this.#profiles.push({ scopes, roles, limits, routes }) - 1
  }

  #reserve(count: number): void {
    if (count > this.#ends.length) this.#resize(2 * this.#ends.length)
  }

  #resize(count: number): void {
    this.#hashes = enlarged(this.#hashes, count * HASH_BYTES)
    this.#ends = copied(new Uint32Array(count), this.#ends)
    this.#idSums = copied(new Uint32Array(count), this.#idSums)
    this.#hashSums = copied(new Uint32Array(count), this.#hashSums)
    this.#expiresMs = copied(new Float64Array(count), this.#expiresMs)
    this.#revoked = copied(new Uint8Array(count), this.#revoked)
    this.#profileOf = copied(new Uint32Array(count), this.#profileOf)
  }
}

function branch<V>(map: Map<unknown, Map<unknown, V>>, key: unknown): Map<unknown, V> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Map<unknown, V>()
  map.set(key, made)
  return made
}

/** FNV-1a over the code units. */
function fnv(text: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return hash >>> 0
}

function enlarged(bytes: Buffer, length: number): Buffer {
  return copied(Buffer.alloc(length), bytes)
}

function copied<T extends Uint8Array | Uint32Array | Float64Array>(to: T, from: T): T {
  to.set(from.subarray(0, to.length))
  return to
}
