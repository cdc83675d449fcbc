import fc from 'fast-check'
import t from 'tap'
import {
  addressSet,
  canonicalAddress,
  clientAddress,
  containsAddress,
  NO_ADDRESSES,
} from '../../src/core/address.ts'

const PROXIES = addressSet(['10.0.0.0/8', '::1'])
const clientOf = (forwardedFor: string | undefined, peer = '10.0.0.1') =>
  clientAddress(peer, forwardedFor, PROXIES)

t.test('V24: what an untrusted peer says is not believed', async (t) => {
  t.equal(clientOf('127.0.0.1', '203.0.113.9'), '203.0.113.9')
  t.equal(clientAddress('10.0.0.1', '127.0.0.1', NO_ADDRESSES), '10.0.0.1')
})

t.test('a trusted proxy tells the client', async (t) => {
  t.equal(clientOf('203.0.113.9'), '203.0.113.9')
  t.equal(clientOf('203.0.113.9, 10.0.0.3'), '203.0.113.9')
  t.equal(clientOf(undefined), '10.0.0.1')
})

t.test('V24: what stands left of the first untrusted hop was written by the client', async (t) => {
  t.equal(clientOf('127.0.0.1, 203.0.113.9'), '203.0.113.9')
  t.equal(clientOf('10.0.0.9, 203.0.113.9, 10.0.0.3'), '203.0.113.9')
})

t.test('V24: nothing is read past what is no address', async (t) => {
  for (const odd of ['unknown', '', '_hidden', '1.2.3.4.5', '[', '[::1', '::1%eth0', '1.2.3.4:x:y']) {
    t.equal(clientOf(`203.0.113.9, ${odd}`), '10.0.0.1', odd)
    t.equal(clientOf(`203.0.113.9, ${odd}, 10.0.0.7`), '10.0.0.7', odd)
  }
})

t.test('a chain of trusted proxies only ends at its first', async (t) => {
  t.equal(clientOf('10.0.0.4,10.0.0.3'), '10.0.0.4')
})

t.test('V70: ports and brackets are cut off, and the address made canonical', async (t) => {
  t.equal(clientOf('203.0.113.9:5678'), '203.0.113.9')
  t.equal(clientOf('[2001:DB8::1]:5678'), '2001:db8:0:0:0:0:0:1')
  t.equal(clientOf('2001:db8::1'), '2001:db8:0:0:0:0:0:1')
  t.equal(clientOf('::ffff:203.0.113.9'), '203.0.113.9')
})

const hop = fc.oneof(
  fc.constantFrom('10.0.0.2', '10.1.2.3:80', '[::1]:9', '::ffff:10.0.0.5'),
  fc.constantFrom('203.0.113.9', '2001:db8::1', '127.0.0.1', 'unknown', '', '10.0.0.256'),
  fc.ipV4(),
  fc.string({ maxLength: 6 }).filter((text) => !text.includes(',')),
)

t.test('V24: nothing left of the first untrusted hop has any effect', async () => {
  const untrusted = fc
    .oneof(fc.constantFrom('203.0.113.9', 'unknown', '2001:db8::1', ''), fc.ipV4())
    .filter((text) => {
      const address = canonicalAddress(text)
      return address === null || !containsAddress(PROXIES, address)
    })
  const trusted = fc.array(fc.constantFrom('10.0.0.2', '10.0.0.3:1', '[::1]'), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(hop, { maxLength: 5 }), untrusted, trusted, (written, first, proxies) => {
      const proven = [first, ...proxies].join(', ')
      return clientOf([...written, proven].join(', ')) === clientOf(proven)
    }),
    { numRuns: 2000 },
  )
})

t.test('the client is an address in canonical text, whatever is sent', async () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(hop).map((hops) => hops.join(',')),
        fc.string(),
      ),
      (forwardedFor) => {
        const client = clientOf(forwardedFor)
        return canonicalAddress(client) === client
      },
    ),
    { numRuns: 2000 },
  )
})
