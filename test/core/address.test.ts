import fc from 'fast-check'
import t from 'tap'
import {
  addressBucket,
  addressSet,
  canonicalAddress,
  containsAddress,
  NO_ADDRESSES,
} from '../../src/core/address.ts'

const RUNS = { numRuns: 1000 }
const isIn = (entries: string[], address: string): boolean => containsAddress(addressSet(entries), address)

t.test('IPv4 is dotted decimal and nothing else', async (t) => {
  for (const text of ['0.0.0.0', '192.0.2.1', '255.255.255.255']) t.equal(canonicalAddress(text), text)
  const odd = [
    '010.0.0.1',
    '0x7f.1',
    '2130706433',
    '127.1',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.',
    '1.2.3.4 ',
    '+1.2.3.4',
  ]
  for (const text of odd) t.equal(canonicalAddress(text), null, text)
})

t.test('IPv6 is eight lower-case groups', async (t) => {
  t.equal(canonicalAddress('2001:DB8::1'), '2001:db8:0:0:0:0:0:1')
  t.equal(canonicalAddress('::'), '0:0:0:0:0:0:0:0')
  t.equal(canonicalAddress('1::'), '1:0:0:0:0:0:0:0')
  t.equal(canonicalAddress('1:2:3:4:5:6:7::'), '1:2:3:4:5:6:7:0')
  t.equal(canonicalAddress('0001:002:03:4:5:6:7:8'), '1:2:3:4:5:6:7:8')
  t.equal(canonicalAddress('64:ff9b::192.0.2.33'), '64:ff9b:0:0:0:0:c000:221')
  t.equal(canonicalAddress('1:2:3:4:5:6:1.2.3.4'), '1:2:3:4:5:6:102:304')
})

t.test('text that is no IPv6 address is none', async (t) => {
  const odd = [
    ...[
      '',
      ':',
      ':::',
      '1',
      '1:2',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4::5:6:7:8',
      '12345::',
    ],
    ...[
      '::g',
      '::1%eth0',
      '[::1]',
      '::1/64',
      '1.2.3.4::',
      '::1.2.3.4:5',
      '::1.2.3',
      ':1:2:3:4:5:6:7:8',
      '::1 ',
      ' ::1',
    ],
    `::${'0'.repeat(60)}1`,
  ]
  for (const text of odd) t.equal(canonicalAddress(text), null, text)
})

t.test('V70: an IPv4-mapped address is the IPv4 one, in every spelling', async (t) => {
  for (const text of ['::ffff:1.2.3.4', '::FFFF:102:304', '0:0:0:0:0:ffff:1.2.3.4', '0::ffff:0102:0304']) {
    t.equal(canonicalAddress(text), '1.2.3.4', text)
  }
  t.equal(canonicalAddress('::1.2.3.4'), '0:0:0:0:0:0:102:304', 'compatible is not mapped')
})

t.test('V70: the addresses of one /64 are one bucket, those of another are not', async (t) => {
  const bucketOf = (text: string) => addressBucket(canonicalAddress(text) ?? '')
  t.equal(bucketOf('2001:db8:1:2::1'), bucketOf('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  t.equal(bucketOf('2001:db8:1:2::1'), '2001:db8:1:2::/64')
  t.not(bucketOf('2001:db8:1:2::1'), bucketOf('2001:db8:1:3::1'))
  t.equal(bucketOf('192.0.2.1'), '192.0.2.1')
  t.equal(bucketOf('::ffff:192.0.2.1'), '192.0.2.1')
})

t.test('a set holds ranges and single addresses', async (t) => {
  t.ok(isIn(['10.0.0.0/8'], '10.255.0.1'))
  t.notOk(isIn(['10.0.0.0/8'], '11.0.0.1'))
  t.ok(isIn(['192.0.2.7', '2001:db8::/33'], '192.0.2.7'))
  t.notOk(isIn(['192.0.2.7'], '192.0.2.6'))
  t.ok(isIn(['2001:db8::/33'], '2001:db8:7fff::1'))
  t.notOk(isIn(['2001:db8::/33'], '2001:db8:8000::1'))
  t.ok(isIn(['0.0.0.0/0'], '203.0.113.9'))
  t.notOk(isIn(['0.0.0.0/0'], '2001:db8::1'))
})

t.test('V70: a range of IPv4 holds the mapped spelling', async (t) => {
  t.ok(isIn(['10.0.0.0/8'], '::ffff:10.1.2.3'))
  t.ok(isIn(['::ffff:10.0.0.0/104'], '10.1.2.3'))
})

t.test('nothing is in an empty set, and no text that is no address is in any', async (t) => {
  t.notOk(containsAddress(NO_ADDRESSES, '127.0.0.1'))
  t.notOk(isIn(['::/0'], 'localhost'))
})

t.test('an entry that is neither address nor range is named', async (t) => {
  const odd = [
    '',
    'x',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/8 ',
    '10.0.0.0/0x8',
    '/8',
  ]
  for (const entry of odd) {
    t.throws(
      () => addressSet(['10.0.0.0/8', entry]),
      { name: 'RangeError', message: `${entry} is neither` },
      entry,
    )
  }
})

t.test('a canonical address is its own canonical form', async () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom(':', '.', '0', '1', 'f', 'F'), maxLength: 20 }),
  )
  fc.assert(
    fc.property(text, (address) => {
      const canonical = canonicalAddress(address)
      return canonical === null || canonicalAddress(canonical) === canonical
    }),
    RUNS,
  )
})

t.test('every well-formed address has a canonical form', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => canonicalAddress(address) !== null),
    RUNS,
  )
})

t.test('V70: any IPv4 address equals its mapped form, and shares its bucket', async () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const mapped = canonicalAddress(`::ffff:${address}`) ?? ''
      return mapped === canonicalAddress(address) && addressBucket(mapped) === address
    }),
    RUNS,
  )
})

/** 128 binary digits; an IPv4 address stands behind its RFC 4291 prefix. */
function bitsOf(canonical: string): string {
  const groups = canonical.includes(':')
    ? canonical.split(':').map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    : [
        '0'.repeat(80),
        '1'.repeat(16),
        ...canonical.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0')),
      ]
  return groups.join('')
}

t.test('a range holds what a comparison of bits holds', async (t) => {
  const near = fc.constantFrom(
    '10.0.0.1',
    '10.0.0.2',
    '10.128.0.1',
    '11.0.0.1',
    '2001:db8::1',
    '2001:db8::8000:1',
    'fe80::1',
  )
  const address = fc.oneof(near, fc.ipV4(), fc.ipV6()).map((text) => canonicalAddress(text) ?? '')
  const outcomes = new Set<boolean>()
  fc.assert(
    fc.property(address, address, fc.nat(128), (base, asked, length) => {
      const isIpv4 = !base.includes(':')
      const bits = isIpv4 ? length % 33 : length
      const compared = isIpv4 ? 96 + bits : bits
      const wanted = bitsOf(base).slice(0, compared) === bitsOf(asked).slice(0, compared)
      outcomes.add(wanted)
      return isIn([`${base}/${bits}`], asked) === wanted
    }),
    { numRuns: 3000 },
  )
  t.equal(outcomes.size, 2)
})
