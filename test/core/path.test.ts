import t, { type Test } from 'tap'
import { canonicalPath, isPathRefusal, stripPrefix } from '../../src/core/path.ts'

/** The canonical path, or `refused: why`. */
function read(path: string): string {
  const result = canonicalPath(path)
  return isPathRefusal(result) ? `refused: ${result.why}` : result.path
}

function refusesAll(t: Test, paths: readonly string[], why: string): void {
  for (const path of paths) t.equal(read(path), `refused: ${why}`, path)
}

t.test('plain paths stay as they are', async (t) => {
  for (const path of ['/', '/a', '/a/', '/a/b.c/-_~', "/a!$&'()*+,=:@b", '/a..b', '/a.', '/a...']) {
    t.strictSame(canonicalPath(path), { path, encodedSlash: false })
  }
})

t.test('a path begins with a slash', async (t) => {
  refusesAll(t, ['', 'admin', '*', '%2Fadmin', '.'], 'a path begins with a slash')
})

t.test('V34: empty and dot segments are refused in every spelling', async (t) => {
  refusesAll(t, ['//admin', '/public//admin', '/admin//', '//%61'], 'empty segment')
  refusesAll(t, ['/%2Fadmin', '/a%2f%2fb', '/a%2F/b'], 'empty segment')
  refusesAll(
    t,
    [
      '/public/../admin',
      '/public/%2e%2e/admin',
      '/./admin',
      '/x/%2E/admin',
      '/a/..',
      '/a/.',
      '/.%2e/admin',
      '/..',
    ],
    'dot segment',
  )
})

t.test('V34: a segment may begin with dots when it is no dot segment', async (t) => {
  for (const path of ['/.well-known/x', '/...', '/..a', '/.a/..b']) t.equal(read(path), path)
})

t.test('V35: a backslash is refused, raw and escaped', async (t) => {
  refusesAll(t, ['/public\\..\\admin', '/a\\'], 'character 0x5c in the path')
  refusesAll(t, ['/public%5c..%5cadmin', '/a%5C'], 'escaped 0x5c')
})

t.test('V36: an encoded slash is kept as sent and told', async (t) => {
  t.strictSame(canonicalPath('/admin%2fusers'), { path: '/admin%2Fusers', encodedSlash: true })
  t.strictSame(canonicalPath('/@scope%2Fname'), { path: '/@scope%2Fname', encodedSlash: true })
})

t.test('V36: dot segments round an encoded slash are refused', async (t) => {
  refusesAll(t, ['/public%2f..%2fadmin', '/a%2F.', '/a/..%2fb', '/a%2f%2e%2e/b', '/x%2F../b'], 'dot segment')
})

t.test('V37: a semicolon is refused, raw and escaped', async (t) => {
  refusesAll(t, ['/admin;x=1', '/admin/..;/x', '/;/admin'], 'character 0x3b in the path')
  refusesAll(t, ['/admin%3bx=1', '/%3B/admin'], 'escaped 0x3b')
})

t.test('V38: what needs no escape has one spelling', async (t) => {
  t.equal(read('/%61dmin'), '/admin')
  t.equal(read('/%7Eann/%2Dx%5f%2E'), '/~ann/-x_.')
  t.equal(read('/%24metadata/%40scope/a%3ab%3Dc%2cd%26e%21%27%28%29'), "/$metadata/@scope/a:b=c,d&e!'()")
})

t.test('V38: case and a final slash are told apart, for the routes to judge', async (t) => {
  t.strictSame(['/ADMIN', '/admin/', '/admin.'].map(read), ['/ADMIN', '/admin/', '/admin.'])
})

t.test('a plus and a star keep their spelling', async (t) => {
  t.equal(read('/a%2bb+c'), '/a%2Bb+c')
  t.equal(read('/a%2ab*c'), '/a%2Ab*c')
})

t.test('V39: an escape is decoded once', async (t) => {
  t.equal(read('/%252e%252e/admin'), '/%252e%252e/admin')
  t.equal(read('/%2561dmin'), '/%2561dmin')
})

t.test('V42: a fragment, a query and brackets are not of a path', async (t) => {
  refusesAll(t, ['/public#/../admin'], 'character 0x23 in the path')
  refusesAll(t, ['/a?b'], 'character 0x3f in the path')
  refusesAll(t, ['/a[b'], 'character 0x5b in the path')
})

t.test('V29, V44: control characters are refused, raw and escaped', async (t) => {
  refusesAll(t, ['/a%00b', '/a%0d%0aSet-Cookie:a=b', '/%1f', '/%7f'], 'escaped control character')
  refusesAll(t, ['/a\r'], 'character 0x0d in the path')
  refusesAll(t, ['/a b'], 'character 0x20 in the path')
})

t.test('V44: bytes that are not ASCII, and escapes that are not UTF-8', async (t) => {
  refusesAll(t, ['/\xe9'], 'character 0xe9 in the path')
  refusesAll(t, ['/%c0%af', '/%e9', '/%ed%a0%80', '/%C3'], 'escapes that are not UTF-8')
  t.equal(read('/caf%c3%a9'), '/caf%C3%A9')
})

t.test('V44: broken escapes are refused', async (t) => {
  refusesAll(t, ['/%zz', '/%', '/a%4', '/%%34%31', '/%+1', '/% 1'], 'broken percent escape')
})

t.test('printable characters that clients forget to escape are escaped', async (t) => {
  t.equal(read('/{id}/"<>^`|'), '/%7Bid%7D/%22%3C%3E%5E%60%7C')
  t.equal(read('/%7bid%7d'), '/%7Bid%7D')
})

t.test('a prefix is cut on a segment boundary', async (t) => {
  t.equal(stripPrefix('/api/orders', '/api'), '/orders')
  t.equal(stripPrefix('/api/', '/api'), '/')
  t.equal(stripPrefix('/api', '/api'), '/')
  t.equal(stripPrefix('/api/orders', ''), '/api/orders')
})

t.test('a path that is not below the prefix is refused', async (t) => {
  const why = 'the path is not below /api'
  for (const path of ['/apix', '/orders', '/API/x', '/']) t.strictSame(stripPrefix(path, '/api'), { why })
})

t.test('V34: what is left of a cut path is judged anew', async (t) => {
  t.strictSame(stripPrefix('/api//admin', '/api'), { why: 'empty segment' })
  t.strictSame(stripPrefix('/api/../admin', '/api'), { why: 'dot segment' })
})
