import fc from 'fast-check'
import t from 'tap'
import type { OutlineRoute } from '../../src/config/outline-route.ts'
import { readOpenApi } from '../../src/import/document.ts'
import { type Operation, operationsOf, type Requirement } from '../../src/import/operations.ts'
import { samplePath } from '../../src/import/paths.ts'
import { documentOf, outlined, REPLIES, taken } from './documents.ts'

const RUNS = Number(process.env.SALLYPORT_IMPORT_RUNS ?? 60)
const SCOPES = ['r', 'w', 'x', '${env:X}']
const COMPONENTS = {
  securitySchemes: {
    a: { type: 'apiKey', in: 'header', name: 'x-a' },
    b: { type: 'http', scheme: 'bearer' },
    c: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' },
    d: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  },
}

const requirement = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.subarray(SCOPES, { maxLength: 3 }),
  { minKeys: 0, maxKeys: 2 },
)
const operation = fc.record({ security: fc.array(requirement, { maxLength: 3 }) }, { requiredKeys: [] })
const paths = fc.dictionary(
  fc.constantFrom(
    '/f/{id}',
    '/f/{id}:do',
    '/f/{x}.json',
    '/{a}/{b}',
    '/f/{a}-{b}',
    '/f/all',
    '/{a}/all',
    '/f/*',
  ),
  fc.dictionary(fc.constantFrom('get', 'head', 'post'), operation, { minKeys: 1 }),
  { minKeys: 1 },
)

/** Whether the document lets in who shows a credential of this scheme with these scopes. */
function isLetIn(scheme: string, scopes: readonly string[], requirement: Requirement): boolean {
  const [name] = requirement.keys()
  if (requirement.size > 1 || name !== scheme) return false
  return (requirement.get(scheme) ?? []).every((one) => scopes.includes(one))
}

const ASKERS = ['x-a', 'bearer', 'key'].flatMap((place) =>
  Array.from({ length: 1 << SCOPES.length }, (_, bits) => ({
    place,
    scopes: SCOPES.filter((_scope, i) => (bits & (1 << i)) !== 0),
  })),
)
const SCHEMES: Readonly<Record<string, readonly string[]>> = { 'x-a': ['a'], bearer: ['b'], key: ['c', 'd'] }
const AUTHENTICATORS: Readonly<Record<string, string>> = { 'x-a': 'a', bearer: 'b', key: 'key' }

type Asker = (typeof ASKERS)[number]

/** Those whom an operation refuses, whichever scheme they mean. */
function refusedBy({ security }: Operation): Asker[] {
  const all = security ?? []
  if (all.length === 0 || all.some(({ size }) => size === 0)) return []
  return ASKERS.filter(({ place, scopes }) =>
    (SCHEMES[place] ?? []).every((scheme) => !all.some((one) => isLetIn(scheme, scopes, one))),
  )
}

function getsPast({ auth, allow }: OutlineRoute, { place, scopes }: Asker): boolean {
  if (auth.includes('none')) return true
  const isHeld = (scope: string) => scopes.includes(scope)
  const isEnough = (allow.scopes ?? []).every(isHeld) && (allow.anyScope?.some(isHeld) ?? true)
  return isEnough && auth.includes(AUTHENTICATORS[place] ?? '')
}

/** @returns how many were tried @throws Error when one of them gets past */
function heldOff(route: OutlineRoute, operation: Operation): number {
  const refused = refusedBy(operation)
  const past = refused.find((asker) => getsPast(route, asker))
  if (past === undefined) return refused.length
  throw new Error(`${operation.pointer}: the route ${route.id} lets in ${JSON.stringify(past)}`)
}

function withReplies(written: Readonly<Record<string, object>>): object {
  const items = Object.entries(written).map(([path, item]) => {
    const operations = Object.entries(item).map(([name, one]) => [name, { ...one, ...REPLIES }])
    return [path, Object.fromEntries(operations)]
  })
  return Object.fromEntries(items)
}

t.test('nobody whom a document refuses gets past the policy that was made of it', async (t) => {
  let asked = 0
  const property = fc.asyncProperty(paths, async (written) => {
    const document = documentOf(withReplies(written), { components: COMPONENTS })
    const { outline, compiled, problems } = outlined((await taken(document)).text)
    if (outline === null || compiled === null) throw new Error(JSON.stringify(problems))
    for (const one of operationsOf(await readOpenApi(document))) {
      const id = compiled.policy.find('any.example', one.method, samplePath(one.path) ?? '')?.id
      const route = outline.routes.find((each) => each.id === id)
      if (route !== undefined) asked += heldOff(route, one)
    }
  })
  await fc.assert(property, { numRuns: RUNS })
  t.ok(asked > RUNS, `${asked} were refused`)
})
