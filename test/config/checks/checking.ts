import { type Checked, checkPolicy } from '../../../src/config/checks/check-policy.ts'
import { HASH, NOW_MS, readText } from '../compiling.ts'

const DAY_MS = 86_400_000

export const NOW = new Date(NOW_MS)

/** The first millisecond of the day so many days from now, as `expires` has it. */
export function dayIn(days: number): string {
  return new Date(NOW_MS + days * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

export interface Surroundings {
  /** Files that the policy names, by the path it writes. */
  readonly files?: Readonly<Record<string, string>>
  readonly expiresWithinDays?: number
  readonly env?: Readonly<Record<string, string>>
}

/** Checks a policy with fixed surroundings. */
export function checked(
  text: string,
  { files = {}, expiresWithinDays = 30, env = {} }: Surroundings = {},
): Checked {
  return checkPolicy(text, {
    file: 'policy.yaml',
    readText: (path) => files[path] ?? readText(path),
    env: { ...env },
    nowMs: NOW_MS,
    expiresWithinMs: expiresWithinDays * DAY_MS,
  })
}

/** Each problem as `line code`. */
export function found(text: string, surroundings?: Surroundings): string[] {
  return checked(text, surroundings).problems.map(({ line, code }) => `${line} ${code}`)
}

/**
 * A policy of these lines behind a head of one line, so that its own begin with line 2. Behind them is a key without
 * scopes where routes ask for one and there is none.
 */
export function policyOf(...lines: readonly string[]): string {
  const text = lines.join('\n')
  const lacksKeys = !/^key(?:s|_files):/m.test(text) && asksForKey(lines)
  return `version: 1\n${text}\n${lacksKeys ? `keys: [{ id: any, hash: "${HASH}" }]\n` : ''}`
}

function asksForKey(lines: readonly string[]): boolean {
  const isDefault = lines.some((line) => line.startsWith('defaults:') && /auth: \[?key/.test(line))
  const routes = lines.filter((line) => /^(?:routes: \[| {2}- | {4}auth)/.test(line))
  return routes.some((route) => (/auth:/.test(route) ? /auth: \[?key/.test(route) : isDefault))
}

/** A policy with these routes, each in one line of its own; the first is on line 5. */
export function routesOf(...routes: readonly string[]): string {
  return policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: key }',
    'routes:',
    ...routes.map((route) => `  - { ${route} }`),
  )
}

/** The same, with the hosts that are answered for on line 4. */
export function routesForHosts(hosts: string, ...routes: readonly string[]): string {
  return routesOf(...routes).replace('routes:', `hosts: ${hosts}\nroutes:`)
}
