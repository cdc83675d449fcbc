import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The root of the checkout. */
export const root: string = join(import.meta.dirname, '..', '..')

/** The text of a file of the checkout, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** A file of the checkout parsed as YAML 1.2, of which JSON is a part. The caller says what shape it expects. */
export function readYaml<T>(path: string): T {
  return parse(readText(path), { strict: true, uniqueKeys: true }) as T
}

/** What the tests need of package.json. */
export interface PackageJson {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

/** The exact version that package-lock.json holds for a package. */
export function lockedVersion(name: string): string | undefined {
  const lock = readYaml<{ packages: Record<string, { version?: string } | undefined> }>('package-lock.json')
  return lock.packages[`node_modules/${name}`]?.version
}

/** The parts of a policy that the deployment files must agree with. */
export interface PolicyFacts {
  readonly listen: string
  readonly ops: string
  readonly drain: { readonly delay: string; readonly grace: string }
  readonly upstreams: {
    readonly legacy: { readonly url: string; readonly timeout: { readonly response: string } }
  }
  readonly keys: readonly { readonly hash: string }[]
}

/** The port at the end of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** Seconds of a duration such as `25s`. Throws on any other unit, which these files do not use. */
export function secondsOf(duration: string): number {
  const digits = /^(\d+)s$/.exec(duration)?.[1]
  if (digits === undefined) throw new Error(`not a duration in seconds: ${duration}`)
  return Number(digits)
}
