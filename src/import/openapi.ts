import { visible } from '../config/issues.ts'
import { upstreamUrl } from '../config/schema-values.ts'
import { Building } from './building.ts'
import { member, type OpenApi, textOr } from './document.ts'
import { operationsOf, serverOrigin } from './operations.ts'
import { ImportProblem, MAX_TOLD } from './problem.ts'
import { type Scheme, schemesOf } from './security.ts'
import { Block, type Entry, List, type Starter } from './starter.ts'
import { aboutStart, FORWARDED, LISTENING, NO_KEYS, REPORT_ONLY } from './starter-words.ts'

export interface OpenApiOptions {
  /** Where the API is; null: as the document says. */
  readonly upstream: string | null
  /** Name of the document in comments. */
  readonly file: string
  /** Body schemas need files beside the policy. */
  readonly withBodies: boolean
}

export interface Imported {
  readonly starter: Starter
  /** Files beside the policy, by their paths relative to it. */
  readonly files: ReadonlyMap<string, string>
  readonly routes: number
  /** What of the source has no place in the policy. */
  readonly leftOut: readonly string[]
}

const LOCAL = 'http://127.0.0.1:3000'

/** @throws ImportProblem when there is nothing to make a policy of */
export function starterOfOpenApi(document: OpenApi, options: OpenApiOptions): Imported {
  const upstream = upstreamOf(document, options)
  const schemes = schemesOf(document)
  const building = new Building(document, schemes, {
    origin: serverOrigin(document),
    isStripped: upstream.basePath !== '',
    withBodies: options.withBodies,
  })
  const operations = operationsOf(document)
  for (const operation of operations.filter(({ method }) => method !== 'HEAD')) building.add(operation)
  // A route with GET has HEAD as well.
  for (const operation of operations.filter(({ method }) => method === 'HEAD')) building.add(operation)
  const { routes, files, leftOut, used } = building.built()
  if (routes.length === 0) {
    const why = leftOut.length === 0 ? 'it describes no operation' : leftOut.join('; ')
    throw new ImportProblem(`there is nothing to make a route of: ${why}`)
  }
  const authenticators = [...schemes.values()].filter(({ authenticator }) => used.has(authenticator))
  const starter: Starter = {
    about: aboutStart(`${options.file}${titleOf(document)} by \`sallyport import openapi\``),
    entries: [
      { key: 'version', value: 1 },
      REPORT_ONLY,
      ...LISTENING,
      upstream.entry,
      ...authenticatorEntries(authenticators),
      {
        key: 'defaults',
        value: { upstream: 'api', forward_credential: true },
        above: [...(used.size > 0 ? NO_KEYS : []), ...FORWARDED],
      },
      { key: 'routes', value: new List(routes), above: LIMITS },
    ],
    closing: leftOut.length === 0 ? [] : ['Left out:', ...leftOut.map((line) => `- ${line}`)],
  }
  return { starter, files, routes: routes.length, leftOut }
}

const LIMITS = [
  'The document says nothing of limits: `sallyport import audit` tells what clients do.',
  'Every route comes from the operation that stands above it.',
]

function titleOf({ root }: OpenApi): string {
  const title = textOr(member(root.info, 'title'), '')
  return title === '' ? '' : ` (${title} ${textOr(member(root.info, 'version'), '')})`
}

function upstreamOf(document: OpenApi, { upstream, file }: OpenApiOptions) {
  const origin = serverOrigin(document)
  const url = upstream ?? origin ?? LOCAL
  const read = upstreamUrl().safeParse(url)
  if (!read.success) {
    const why = read.error.issues[0]?.message ?? 'it is not taken'
    throw new ImportProblem(`the upstream ${visible(url, MAX_TOLD)}: ${why}; name another with --upstream`)
  }
  const from =
    upstream !== null ? 'from --upstream' : origin === null ? `${file} names none` : 'from #/servers/0/url'
  const api: Entry = { key: 'api', value: { url }, beside: from }
  const entry: Entry = {
    key: 'upstreams',
    value: new Block([api]),
    above: ['The API itself, not what its clients ask.'],
  }
  return { entry, basePath: upstream === null ? '' : read.data.basePath }
}

function authenticatorEntries(schemes: readonly Scheme[]): Entry[] {
  const byName = new Map<string, Scheme[]>()
  for (const scheme of schemes) {
    byName.set(scheme.authenticator, [...(byName.get(scheme.authenticator) ?? []), scheme])
  }
  const told = [...byName].map(([key, ones]): Entry => {
    const above = ones.flatMap(({ pointer, note }) => [`from ${pointer}`, ...(note === null ? [] : [note])])
    return { key, value: { type: 'api_key', in: [ones[0]?.place ?? ''] }, above }
  })
  return told.length === 0 ? [] : [{ key: 'authenticators', value: new Block(told) }]
}
