import fc from 'fast-check'
import t from 'tap'
import { FinderBuilder } from '../../src/config/finder.ts'
import { type PathOptions, parsePattern } from '../../src/config/pattern.ts'
import { canonicalPath, isPathRefusal } from '../../src/core/path.ts'
import type { Route } from '../../src/core/policy.ts'
import { filledIn, fitOf } from '../../src/explain/pattern-match.ts'

const STRICT: PathOptions = { encodedSlash: 'reject', case: 'sensitive', trailingSlash: 'strict' }

const segment = fc.constantFrom('a', 'A', 'ab', 'b', ':p', 'x:p', ':p-z', 'a::b', 'é', '%41')
const patternText = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '/', '/*', '/a*', '/:q?'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/^\/\//, '/'))
const pathText = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'A', 'ab', 'b', 'xb', 'b-z', 'a:b', 'é', 'a%2Fb')),
    fc.constantFrom('', '/'),
  )
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/^\/\//, '/'))
const pathOptions = fc.record({
  encodedSlash: fc.constant('allow' as const),
  case: fc.constantFrom('sensitive' as const, 'insensitive' as const),
  trailingSlash: fc.constantFrom('strict' as const, 'ignore' as const),
})

t.test('a path fits exactly when the finder finds the route', async (t) => {
  let fits = 0
  fc.assert(
    fc.property(patternText, pathText, pathOptions, (text, sent, options) => {
      const pattern = parsePattern(text, options)
      const canonical = canonicalPath(sent)
      if (typeof pattern === 'string' || isPathRefusal(canonical)) return true
      const route = { id: 'one', methods: ['GET'] } as unknown as Route
      const builder = new FinderBuilder([{ route, pattern, hosts: null, case: options.case }])
      const found = builder.finder()('any', 'GET', canonical.path) !== null
      if (found) fits += 1
      return (fitOf(text, options, canonical.path) === 'fits') === found
    }),
    { numRuns: 5000 },
  )
  t.ok(fits > 200, `${fits} fit`)
})

t.test('what nearly fits', async (t) => {
  t.equal(fitOf('/Orders/:id', STRICT, '/orders/7'), 'case')
  t.equal(fitOf('/orders', STRICT, '/orders/'), 'slash')
  t.equal(fitOf('/orders/', STRICT, '/orders'), 'slash')
  t.equal(fitOf('/orders', STRICT, '/order'), 'differs')
  t.equal(fitOf('/orders', { ...STRICT, trailingSlash: 'ignore' }, '/orders/'), 'fits')
})

t.test('parameters are filled with what the path has there', async (t) => {
  t.equal(filledIn('/orders/:id/items', '/order/7/items'), '/orders/7/items')
  t.equal(filledIn('/api/*', '/apo/a/b'), '/api/a/b')
  t.equal(filledIn('/orders/:id', '/orders'), '/orders/x')
  t.equal(filledIn('/orders/:id?', '/ordrs/7'), '/orders/7')
})
