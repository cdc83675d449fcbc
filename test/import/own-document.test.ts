import t from 'tap'
import { adminScene } from '../admin/scene.ts'
import { driftBetween, outlined, taken } from './documents.ts'

t.test('the document of our own admin API becomes a policy that agrees with it', async (t) => {
  const scene = await adminScene(t)
  const { text: document } = await scene.ask('/openapi.json')
  const { text, files, leftOut } = await taken(document)
  t.strictSame(leftOut, [])
  t.ok(files.size > 0, 'with body schemas')
  t.notMatch(text, /it is not taken/)
  const { outline, problems } = outlined(text, files)
  t.strictSame(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  )
  const told = outline?.routes.map(({ match }) => match.path) ?? []
  t.ok(told.includes('/policy/reload') && told.includes('/limits/:name'), told.join())
  t.strictSame(await driftBetween(text, document, files), [])
})
