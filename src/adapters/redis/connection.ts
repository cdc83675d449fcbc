import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisNode, RedisSettings } from '../../core/redis.ts'
import { boundReplies } from './reply-bytes.ts'
import { SteadyRedis } from './steady.ts'
import { causeOf } from './trouble.ts'

export type RedisClient = Redis | Cluster

/** @param problem our own words; null when the connection works */
export type TellConnection = (problem: string | null) => void

const CONNECT_TIMEOUT_MS = 2000
/** A connection on which something is awaited and nothing comes is given up, and made anew. */
const SILENCE_MS = 2000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1000
const LOADING_RETRY_MS = 500
/** A cluster sends a command on only when it was not done. */
const MAX_REDIRECTIONS = 3
/** What the connection itself can do nothing about, but a new one may: the server is no longer the one to write to. */
const RECONNECT_CODES = /^(?:READONLY|MASTERDOWN|NOAUTH)\b/

/**
 * Connects, and connects again whenever the connection is lost. It never throws and never gives up; nothing is queued
 * while there is no connection, and nothing is sent twice.
 */
export function connectRedis(settings: RedisSettings, tell: TellConnection = () => undefined): RedisClient {
  const client =
    settings.kind === 'cluster' ? clusterOf(settings) : new SteadyRedis(serverOptions(settings), retryDelayMs)
  let last: string | null | undefined
  const say = (problem: string | null): void => {
    if (problem === last) return
    last = problem
    tell(problem)
  }
  // Without a listener an `error` event would end the process.
  client.on('error', (error: unknown) => say(causeOf(error)))
  client.on('ready', () => say(null))
  if (client instanceof Redis) boundReplies(client)
  else client.on('+node', boundReplies)
  return client
}

/** 50 ms, doubled up to a second, and half of it left to chance: replicas must not come back all at once. */
export function retryDelayMs(attempt: number): number {
  const longestMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 16))
  return Math.ceil(longestMs * (0.5 + Math.random() / 2))
}

function commonOptions({ username, password, tls }: RedisSettings): RedisOptions {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOptions(tls) }),
    // RESP3 would let a server push what nobody asked for.
    protocol: 2,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: LOADING_RETRY_MS,
    disableClientInfo: true,
  }
}

function serverOptions(settings: RedisSettings): RedisOptions {
  return {
    ...commonOptions(settings),
    db: settings.database,
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
    reconnectOnError: ({ message }) => RECONNECT_CODES.test(message),
    ...(settings.kind === 'sentinel' ? sentinelOptions(settings) : onlyNode(settings)),
  }
}

function onlyNode({ nodes: [node] }: RedisSettings): RedisOptions {
  return node === undefined ? {} : { host: node.host, port: node.port }
}

function sentinelOptions({ nodes, name, sentinelPassword, tls }: RedisSettings): RedisOptions {
  return {
    sentinels: nodes.map(placeOf),
    name,
    sentinelRetryStrategy: retryDelayMs,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    failoverDetector: true,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(tls) }),
  }
}

function clusterOf(settings: RedisSettings): Cluster {
  const options: ClusterOptions = {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    maxRedirections: MAX_REDIRECTIONS,
    // What was under way when a node went may have been counted: it is not sent again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: commonOptions(settings),
  }
  return new Cluster(settings.nodes.map(placeOf), options)
}

function placeOf({ host, port }: RedisNode): { host: string; port: number } {
  return { host, port }
}

function tlsOptions({ ca, serverName }: NonNullable<RedisSettings['tls']>) {
  return {
    ...(ca === null ? {} : { ca }),
    ...(serverName === null ? {} : { servername: serverName }),
  }
}
