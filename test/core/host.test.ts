import fc from 'fast-check'
import t from 'tap'
import { hostIsServed, hostSet, parseAuthority } from '../../src/core/host.ts'

const RUNS = { numRuns: 1000 }

t.test('host and port of a well-formed authority', async (t) => {
  t.strictSame(parseAuthority('API.Example.com'), { host: 'api.example.com', port: '' })
  t.strictSame(parseAuthority('api.example.com:8443'), { host: 'api.example.com', port: '8443' })
  t.strictSame(parseAuthority('localhost:0'), { host: 'localhost', port: '0' })
  t.strictSame(parseAuthority('my_service'), { host: 'my_service', port: '' })
  t.strictSame(parseAuthority('192.0.2.1:65535'), { host: '192.0.2.1', port: '65535' })
})

t.test('a final dot names the same host', async (t) => {
  t.strictSame(parseAuthority('api.example.com.'), { host: 'api.example.com', port: '' })
  t.strictSame(parseAuthority('api.example.com.:80'), { host: 'api.example.com', port: '80' })
})

t.test('an IPv6 literal keeps its brackets', async (t) => {
  t.strictSame(parseAuthority('[2001:DB8::1]'), { host: '[2001:db8::1]', port: '' })
  t.strictSame(parseAuthority('[::1]:8080'), { host: '[::1]', port: '8080' })
  t.strictSame(parseAuthority('[::ffff:192.0.2.1]'), { host: '[::ffff:192.0.2.1]', port: '' })
})

t.test('V26: what is not one host is none', async (t) => {
  const odd = [
    ...[
      '',
      '.',
      '..',
      'a..',
      '.a',
      'a..b',
      '-a',
      'a-',
      'a.-b',
      'u@a',
      'u:p@a',
      'a/b',
      'a,b',
      'a, b',
      'a b',
      ' a',
      'a\t',
    ],
    ...[
      'a:',
      ':80',
      'a:80:80',
      'a:65536',
      'a:123456',
      'a:-1',
      'a:+1',
      'a:8o',
      'a?b',
      'a#b',
      'a%41',
      'a\\b',
      'é',
      'a\u0000',
    ],
    ...[
      '::1',
      '[',
      ']',
      '[]',
      '[::1',
      '::1]',
      '[::1].',
      '[::1]a',
      '[::1]:',
      '[::1]:x',
      '[1.2.3.4]',
      '[:::]',
      '[::1%25lo]',
      '[v1.a:b]',
    ],
    'a'.repeat(256),
  ]
  for (const text of odd) t.equal(parseAuthority(text), null, text)
})

t.test('V26: whatever is taken holds no character that ends a host elsewhere', async () => {
  const unit = fc.constantFrom(
    'a',
    'B',
    '0',
    '-',
    '_',
    '.',
    ':',
    '[',
    ']',
    '@',
    '/',
    ',',
    ' ',
    '\\',
    '%',
    '8',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit, maxLength: 12 }), fc.string({ unit: 'binary' })), (text) => {
      const authority = parseAuthority(text)
      if (authority === null) return true
      const { host, port } = authority
      return (
        /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(host) &&
        !/^\.|\.\.|\.$/.test(host) &&
        /^\d{0,5}$/.test(port)
      )
    }),
    RUNS,
  )
})

t.test('a host that was read is read the same again', async () => {
  const port = fc.option(fc.nat(65_535), { nil: null })
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  )
  fc.assert(
    fc.property(host, port, (name, number) => {
      const text = number === null ? name : `${name}:${number}`
      const authority = parseAuthority(text.toUpperCase())
      const again = parseAuthority(authority?.host ?? '')
      return (
        authority?.host === name.toLowerCase() &&
        authority.port === String(number ?? '') &&
        again?.host === authority.host
      )
    }),
    RUNS,
  )
})

t.test('exact hosts, and those below a wildcard', async (t) => {
  const hosts = hostSet(['API.example.com', '*.Shop.example.com'])
  t.strictSame([[...hosts.exact], hosts.suffixes], [['api.example.com'], ['.shop.example.com']])
  t.ok(hostIsServed(hosts, 'api.example.com'))
  t.ok(hostIsServed(hosts, 'a.shop.example.com'))
  t.ok(hostIsServed(hosts, 'a.b.shop.example.com'))
  for (const host of [
    'shop.example.com',
    '.shop.example.com',
    'evilshop.example.com',
    'example.com',
    'api.example.com.evil',
    '',
  ]) {
    t.notOk(hostIsServed(hosts, host), host)
  }
  t.notOk(hostIsServed(hostSet([]), 'a'))
})

t.test(
  'a host is served exactly when an entry names it or a wildcard stands for what is before it',
  async () => {
    const host = fc
      .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
      .map((labels) => labels.join('.'))
    const entry = fc.tuple(fc.boolean(), host).map(([isWildcard, name]) => (isWildcard ? `*.${name}` : name))
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), host, (entries, asked) => {
        const parents = asked.split('.').map((_, i, labels) => `*.${labels.slice(i + 1).join('.')}`)
        const wanted = entries.some((one) => one === asked || parents.includes(one))
        return hostIsServed(hostSet(entries), asked) === wanted
      }),
      RUNS,
    )
  },
)
