import { deepStrictEqual } from 'node:assert/strict'
import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { keyJudge } from '../../../src/policies/key/decide.ts'
import { hashKey } from '../../../src/policies/key/format.ts'
import { keyTable } from '../../../src/policies/key/index.ts'
import { Slots } from '../../../src/policies/key/slots.ts'
import type { KeyEntry } from '../../../src/policies/key/table.ts'
import { contextWith, outcomeOf, portsWith } from '../request.ts'

const name = fc.oneof(fc.stringMatching(/^[a-z0-9]{1,3}$/), fc.constantFrom('ä€😀', 'a b', '__proto__'))
const names = fc.constantFrom<readonly string[]>([], ['orders.read'], ['a', 'b'])
const shapes = {
  id: name,
  hash: fc.nat(60).map((n) => hash('sha256', `${n}`, 'hex')),
  subject: name,
  org: fc.oneof(fc.constant(''), name),
  scopes: names,
  roles: names,
  limits: fc.option(names),
  routes: fc.option(names.map((list) => new Set(list))),
  expiresMs: fc.option(fc.integer()),
  revoked: fc.boolean(),
}
const entry: fc.Arbitrary<KeyEntry> = fc.record(shapes, { noNullPrototype: true })

/** The entries in maps, of two with one id or hash the first, and what there is to tell. */
function mapsOf(entries: readonly KeyEntry[]) {
  const byId = new Map<string, KeyEntry>()
  const byHash = new Map<string, KeyEntry>()
  const told: unknown[] = []
  for (const [index, one] of entries.entries()) {
    const namesake = byId.get(one.id)
    const twin = byHash.get(one.hash)
    if (namesake === undefined) byId.set(one.id, one)
    else told.push([index, 'id', entries.indexOf(namesake)])
    if (twin === undefined) byHash.set(one.hash, one)
    else told.push([index, 'hash', entries.indexOf(twin)])
  }
  return { byId, byHash, told }
}

t.test('a packed table answers as a map does, whatever the entries hold', async (t) => {
  let twins = 0
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 80 }), (entries) => {
      const { byId, byHash, told: wanted } = mapsOf(entries)
      const told: unknown[] = []
      const table = keyTable(entries, ([index, field], _message, twin) => told.push([index, field, twin]))
      twins += wanted.length
      deepStrictEqual(told, wanted)
      deepStrictEqual([table.byId.size, table.byHash.size], [byId.size, byHash.size])
      deepStrictEqual([...table.byId.keys()], [...byId.keys()])
      deepStrictEqual([...table.byId.values()], [...byId.values()])
      for (const { id, hash: digits } of entries) {
        deepStrictEqual(table.byId.get(id), byId.get(id))
        // A second time it is one that was kept.
        const answers = [byHash.get(digits), byHash.get(digits)]
        deepStrictEqual([table.byHash.get(digits), table.byHash.get(digits)], answers)
      }
      for (const absent of ['', 'zzzz', hash('sha256', 'none', 'hex')]) {
        deepStrictEqual([table.byId.get(absent), table.byHash.get(absent)], [undefined, undefined])
        deepStrictEqual([table.byId.has(absent), table.byHash.has(absent)], [false, false])
      }
    }),
  )
  t.ok(twins > 40, `${twins} twins`)
})

t.test('entries whose hashes begin alike are told apart', async (t) => {
  const base = { subject: 's', org: '', scopes: [], roles: [], limits: null, routes: null, expiresMs: null }
  const alike = Array.from({ length: 50 }, (_, i): KeyEntry => {
    return { ...base, id: `k${i}`, hash: `00000000${String(i).padStart(56, '0')}`, revoked: false }
  })
  const table = keyTable(alike)
  for (const one of alike) t.equal(table.byHash.get(one.hash)?.id, one.id)
  t.equal(table.byHash.get('0'.repeat(8) + 'f'.repeat(56)), undefined)
})

t.test('numbers are found among others with the same hash', async (t) => {
  const hashes = [7, 7, 7, 7 + 2 ** 31, 0, 0]
  const slots = new Slots((number) => hashes[number] as number)
  for (const [number, value] of hashes.entries()) slots.add(value, number)
  for (const [number, value] of hashes.entries())
    t.equal(
      slots.find(value, (one) => one === number),
      number,
    )
  t.equal(
    slots.find(8, () => true),
    -1,
  )
  t.strictSame([...slots.numbers()], [0, 1, 2, 3, 4, 5])
})

t.test('of keys that are used only so many are kept at hand, and all of them stay good', async (t) => {
  const count = 8200
  const keys = Array.from({ length: count }, (_, i) => `key-of-somebody-else-${i}`)
  const shared = { subject: 's', org: '', scopes: [], roles: [], limits: null, routes: null, expiresMs: null }
  const table = keyTable(
    keys.map((key, i) => ({ ...shared, id: `k${i}`, hash: hashKey(key), revoked: false })),
  )
  const judge = keyJudge('key', table)
  for (const key of [...keys, keys[0] as string]) {
    const verdict = await judge(key, contextWith({}), portsWith())
    if (outcomeOf(verdict) !== 'pass') t.fail(key)
  }
  t.equal(table.byHash.size, count)
})

t.test('100,000 keys are no load on the heap', async (t) => {
  function* entries(): Generator<KeyEntry> {
    const shared = { subject: 's', org: 'acme', scopes: [], roles: [], limits: null, routes: null }
    for (let i = 0; i < 100_000; i++) {
      yield {
        ...shared,
        id: `key-${i}`,
        hash: hash('sha256', `${i}`, 'hex'),
        expiresMs: null,
        revoked: false,
      }
    }
  }
  const table = keyTable(entries())
  await collect()
  const before = process.memoryUsage()
  const second = keyTable(entries())
  await collect()
  const after = process.memoryUsage()
  const perKey = (now: number, then: number): number => (now - then) / 100_000
  t.ok(
    perKey(after.heapUsed, before.heapUsed) < 4,
    `${perKey(after.heapUsed, before.heapUsed)} bytes of heap`,
  )
  t.ok(
    perKey(after.arrayBuffers, before.arrayBuffers) < 130,
    `${perKey(after.arrayBuffers, before.arrayBuffers)}`,
  )
  t.equal(table.byId.size + second.byId.size, 200_000)
})

/** What a buffer held is given back a little after the buffer itself. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  for (let i = 0; i < 3; i++) {
    gc()
    await setImmediate()
  }
}
