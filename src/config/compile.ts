import { hash } from 'node:crypto'
import { addressSet } from '../core/address.ts'
import { FORWARDING_NAMES, NEVER_FORWARDED } from '../core/headers.ts'
import { hostSet } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import type { IdentityNames } from '../policies/define.ts'
import { guard } from '../policies/guard/index.ts'
import type { KeyTable } from '../policies/key/table.ts'
import { type About, aboutOf } from './about.ts'
import { compileAuthenticators, compileKeys } from './compile-keys.ts'
import { compileLimits } from './compile-limits.ts'
import { credentialNames, guardedNames, onceNames } from './compile-names.ts'
import { Plans } from './compile-plans.ts'
import { tellForeignHosts, tellTies } from './compile-reach.ts'
import { compileRoutes } from './compile-routes.ts'
import { isTooLong, parseSections, type Sections } from './compile-sections.ts'
import { tellOwnListeners } from './compile-self.ts'
import { type Settings, settingsOf } from './compile-settings.ts'
import { tellUnused } from './compile-unused.ts'
import { compileUpstreams } from './compile-upstreams.ts'
import { Draft } from './draft.ts'
import { FinderBuilder } from './finder.ts'
import { type Problem, Problems } from './issues.ts'
import { parseYaml } from './yaml.ts'
import { valuesOf } from './yaml-values.ts'

export interface CompileOptions {
  /** Name of the file in messages. */
  readonly file: string
  /** Text of a file that the policy names, relative to it; see `readerBeside`. @throws Error */
  readonly readText: (path: string) => string
  /** Bytes of such a file piece by piece, for key files; see `chunksBeside`. Without it they are read as text. */
  readonly readChunks?: (path: string) => Iterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Epoch milliseconds, for warnings about expired keys. */
  readonly nowMs: number
}

/** `policy`, `settings`, `keys` and `about` are there together, when there is no error among the problems. */
export type Compiled =
  | {
      readonly policy: Policy
      readonly settings: Settings
      readonly keys: KeyTable
      readonly about: About
      readonly problems: readonly Problem[]
    }
  | {
      readonly policy: null
      readonly settings: null
      readonly keys: null
      readonly about: null
      readonly problems: readonly Problem[]
    }

/** A compiled file with what it was compiled from. `sections` and `draft` are there when it could be read. */
export interface Opened {
  readonly compiled: Compiled
  readonly problems: Problems
  readonly sections: Sections | null
  readonly draft: Draft | null
}

/** Turns the text of a policy file into a frozen policy, or tells everything that is wrong with it at once. */
export function compile(text: string, options: CompileOptions): Compiled {
  return open(text, options).compiled
}

/** As `compile`, and keeps what a closer look needs: nothing for a gate that serves, for it weighs more than the policy. */
export function open(text: string, options: CompileOptions): Opened {
  const problems = new Problems(options.file)
  const yaml = parseYaml(text, problems)
  if (yaml === null) return { compiled: refused(problems), problems, sections: null, draft: null }
  const draft = new Draft(valuesOf(yaml, options, problems), problems)
  if (isTooLong(draft)) return { compiled: refused(problems), problems, sections: null, draft: null }
  const sections = parseSections(draft)
  const built = build(text, sections, draft, options)
  const isRefused = built === null || problems.hasErrors
  const compiled = isRefused ? refused(problems) : Object.freeze({ ...built, problems: problems.list() })
  return { compiled, problems, sections, draft }
}

function refused(problems: Problems): Compiled {
  return Object.freeze({ policy: null, settings: null, keys: null, about: null, problems: problems.list() })
}

type Built = Omit<Extract<Compiled, { readonly policy: Policy }>, 'problems'>

function build(text: string, sections: Sections, draft: Draft, options: CompileOptions): Built | null {
  const upstreams = compileUpstreams(sections, draft, options.readText)
  const limits = compileLimits(sections, draft)
  const keys = compileKeys(sections, draft, { readChunks: chunksOf(options.readText), ...options })
  const authenticators = compileAuthenticators(sections, keys.table, draft)
  const settings = settingsOf(sections, upstreams, draft, options.readText)
  const identity = identityOf(sections, draft)
  const { readText } = options
  const routes = compileRoutes(sections, {
    draft,
    upstreams,
    limits,
    keys: keys.table,
    authenticators,
    identity,
    readText,
    mode: sections.single.mode ?? undefined,
  })
  tellUnused(sections, keys.usedLimits, draft)
  const finder = new FinderBuilder(routes)
  tellTies(routes, finder.ties, draft)
  tellForeignHosts(routes, sections, draft)
  if (settings === null) return null
  tellOwnListeners(settings, sections.named.upstreams, draft)
  const policy: Policy = Object.freeze({
    hash: hash('sha256', text + (keys.digest ?? ''), 'hex').slice(0, 16),
    routes: Object.freeze(routes.map(({ route }) => route)),
    find: finder.finder(),
    trust: addressSet(sections.single.trust ?? []),
    hosts: sections.single.hosts == null ? null : hostSet(sections.single.hosts),
    guardedNames: guardedNames(routes, identity, authenticators),
    onceNames: onceNames(authenticators),
    credentialNames: credentialNames(authenticators),
    reply: replyWithoutRoute(sections, draft),
  })
  const about = aboutOf(text, sections, draft, { limits, keys: keys.table })
  return { policy, settings, keys: keys.table, about }
}

function chunksOf(readText: CompileOptions['readText']): NonNullable<CompileOptions['readChunks']> {
  return function* readAtOnce(path) {
    yield Buffer.from(readText(path))
  }
}

const NO_IDENTITY: IdentityNames = Object.freeze({
  subject: null,
  org: null,
  scopes: null,
  roles: null,
  keyId: null,
  auth: null,
})

function identityOf({ single }: Sections, draft: Draft): IdentityNames {
  if (single.identity === null) return NO_IDENTITY
  const { key_id: keyId, ...names } = single.identity
  const taken = new Set([...NEVER_FORWARDED, ...FORWARDING_NAMES, 'content-length', 'content-type'])
  for (const [key, name] of Object.entries(single.identity)) {
    if (name === null) continue
    if (taken.has(name)) draft.error(['identity', key], `the header \`${name}\` has another use already`)
    taken.add(name)
  }
  return Object.freeze({ ...names, keyId })
}

/** The guard headers of the defaults ride on replies that no route stands behind, too. */
function replyWithoutRoute({ single }: Sections, draft: Draft) {
  const part = guard.compile(single.defaults?.guard, {
    methods: [],
    limits: new Map(),
    limitHeaders: 'off',
    cost: 1,
    authenticators: new Map(),
    identity: NO_IDENTITY,
    forwardCredential: false,
    anonymousOnly: true,
    readText: () => '',
    problem: (path, message) => draft.error(['defaults', 'guard', ...path], message),
  })
  return new Plans().reply([part], undefined)
}
