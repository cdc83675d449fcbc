/** Where Redis is and how it is asked. */
export interface RedisSettings {
  /** `sentinel`: `nodes` are sentinels that know where `name` is. `cluster`: some nodes of it. Else the one server. */
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly nodes: readonly RedisNode[]
  /** What sentinels call the server; '' for the other kinds. */
  readonly name: string
  /** null: the default user. */
  readonly username: string | null
  readonly password: string | null
  readonly sentinelPassword: string | null
  readonly database: number
  /** null: in plain text. */
  readonly tls: RedisTls | null
  /** In front of every key. */
  readonly prefix: string
  /** The longest that a request waits for an answer. */
  readonly commandTimeoutMs: number
  /** Gateways that share the limits. */
  readonly replicas: number
}

/** A server of Redis. */
export interface RedisNode {
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
}

export interface RedisTls {
  /** Certificates (PEM) that are trusted instead of the usual ones; null: the usual ones. */
  readonly ca: string | null
  /** The name that the certificate must be for; null: the host. */
  readonly serverName: string | null
}
