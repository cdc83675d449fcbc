import t from 'tap'
import { CHANGE_CODES } from '../../src/diff/codes.ts'
import { diff } from '../../src/diff/diff.ts'
import { ROWS } from './changes.ts'
import { base, changesOf, codesOf, outlined, textOf } from './scene.ts'

const seen = new Set<string>()

for (const { name, both = () => {}, change, forth, back } of ROWS) {
  t.test(name, async (t) => {
    const [old, now] = [base(), base()]
    both(old)
    both(now)
    change(now)
    const there = codesOf(changesOf(old, now))
    t.strictSame(there, [...forth].sort(), 'from the old one to the new one')
    const again = codesOf(changesOf(now, old))
    t.strictSame(again, [...back].sort(), 'and back again')
    for (const code of [...there, ...again]) seen.add(code)
  })
}

t.test('a setting that is not known here is told all the same', async (t) => {
  const old = outlined(textOf(base()), 'old.yaml')
  const { settings, routes, ...rest } = old.outline
  const [route, ...others] = routes
  if (route === undefined) return t.fail('there is a route')
  const more = { tomorrow: 'digest' }
  const outline = { ...rest, settings: { ...settings, more }, routes: [{ ...route, more }, ...others] }
  const codes = codesOf(diff(old, { ...old, outline }, 0))
  t.strictSame(codes, ['route-setting-changed', 'setting-changed'])
  for (const code of codes) seen.add(code)
})

t.test('where more patterns cross than can be asked about, that is told as more open', async (t) => {
  const old = outlined(textOf(base()), 'old.yaml')
  const draft = base()
  draft.routes.push({ id: 'new', match: { path: '/orders/special' } })
  const codes = codesOf(diff(old, outlined(textOf(draft), 'new.yaml'), 0, 3))
  t.ok(codes.includes('routes-uncompared'))
  t.ok(codes.includes('route-split'), 'beside what was found until then')
  seen.add('routes-uncompared')
})

t.test('every code is that of some change', async (t) => {
  t.strictSame(
    Object.keys(CHANGE_CODES).filter((code) => !seen.has(code)),
    [],
  )
})
