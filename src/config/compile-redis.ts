import type { RedisSettings, RedisTls } from '../core/redis.ts'
import { certificatesIn } from './certificates.ts'
import type { Draft } from './draft.ts'
import type { RedisOutput } from './schema-redis.ts'
import type { Path } from './yaml-values.ts'

/** What the secrets are called in the examples. */
const REFERENCES: Readonly<Record<string, string>> = {
  password: 'REDIS_PASSWORD',
  sentinel_password: 'SENTINEL_PASSWORD',
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

function tlsOf({ url, tls }: RedisOutput, draft: Draft, readText: (path: string) => string): RedisTls | null {
  if (tls === undefined) return url?.isTls === true ? Object.freeze({ ca: null, serverName: null }) : null
  const ca = certificatesIn(tls.ca, ['redis', 'tls', 'ca'], draft, readText)
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
    const name = REFERENCES[String(path.at(-1))] ?? 'REDIS_URL'
    const hint = `write a reference such as \${env:${name}}`
    draft.notice('secret-in-file', path, 'the password itself stands in the file', hint)
  }
}
