import type { Draft } from './draft.ts'
import type { RedisNodeSettings, RedisOutput } from './schema-redis.ts'
import type { Path } from './yaml-values.ts'

const PEM = '-----BEGIN CERTIFICATE-----'

/** Where Redis is and how it is asked. */
export interface RedisSettings {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly nodes: readonly RedisNodeSettings[]
  /** What sentinels call the server; '' for the other kinds. */
  readonly name: string
  readonly username: string | null
  readonly password: string | null
  readonly sentinelPassword: string | null
  readonly database: number
  readonly tls: { readonly ca: string | null; readonly serverName: string | null } | null
  readonly prefix: string
  readonly commandTimeoutMs: number
  /** Gateways that share the limits. */
  readonly replicas: number
}

/** Works out `redis`, and warns of secrets that stand in the file. */
export function redisOf(
  output: RedisOutput,
  draft: Draft,
  readText: (path: string) => string,
): RedisSettings {
  tellSecrets(output, draft)
  return Object.freeze({
    ...placeOf(output),
    name: output.name ?? '',
    ...credentialsOf(output),
    sentinelPassword: output.sentinel_password ?? null,
    database: output.url?.database ?? 0,
    tls: tlsOf(output, draft, readText),
    prefix: output.prefix,
    commandTimeoutMs: output.command_timeout,
    replicas: output.replicas,
  })
}

function placeOf({ url, sentinels, cluster }: RedisOutput): Pick<RedisSettings, 'kind' | 'nodes'> {
  if (sentinels !== undefined) return { kind: 'sentinel', nodes: Object.freeze(sentinels) }
  if (cluster !== undefined) return { kind: 'cluster', nodes: Object.freeze(cluster) }
  return { kind: 'single', nodes: Object.freeze(url === undefined ? [] : [url.node]) }
}

function credentialsOf({
  url,
  username,
  password,
}: RedisOutput): Pick<RedisSettings, 'username' | 'password'> {
  return { username: url?.username ?? username ?? null, password: url?.password ?? password ?? null }
}

function tlsOf(
  { url, tls }: RedisOutput,
  draft: Draft,
  readText: (path: string) => string,
): RedisSettings['tls'] {
  if (tls === undefined) return url?.isTls === true ? Object.freeze({ ca: null, serverName: null }) : null
  const ca = tls.ca === undefined ? null : readCa(tls.ca, draft, readText)
  return Object.freeze({ ca, serverName: tls.server_name ?? null })
}

/** Places of secrets that stand in the file itself. */
export function redisSecretsInFile({ url, password, sentinel_password }: RedisOutput, draft: Draft): Path[] {
  const urlPath = typeof draft.raw(['redis']) === 'string' ? ['redis'] : ['redis', 'url']
  const secrets: [Path, unknown][] = [
    [urlPath, url?.password ?? undefined],
    [['redis', 'password'], password],
    [['redis', 'sentinel_password'], sentinel_password],
  ]
  return secrets
    .filter(([path, secret]) => secret !== undefined && !draft.values.isSecret(path))
    .map(([path]) => path)
}

function tellSecrets(output: RedisOutput, draft: Draft): void {
  for (const path of redisSecretsInFile(output, draft)) {
    draft.warning(
      path,
      'the password itself stands in the file',
      'write a reference such as ${env:REDIS_URL}',
    )
  }
}

function readCa(path: string, draft: Draft, readText: (path: string) => string): string | null {
  const at = ['redis', 'tls', 'ca']
  try {
    const text = readText(path)
    if (text.includes(PEM)) return text
    draft.error(at, 'there is no certificate in this file', 'PEM text, one or more certificates')
  } catch {
    draft.error(at, 'this file cannot be read', 'the path is relative to the policy file')
  }
  return null
}
