import type { StoreErrorMode, Window } from '../../src/core/limits.ts'

/** A route with a limit of the same name. */
export interface FaultRoute {
  readonly name: string
  /** As the policy has it. */
  readonly limit: string
  /** The same, as it is counted. */
  readonly windows: readonly Window[]
  readonly mode: StoreErrorMode
  /** How much more than `max` leases may let through. */
  readonly overshoot: number
}

export const REPLICAS = 2

const second = (max: number): Window => ({ kind: 'sliding', max, windowMs: 1000 })
const minute = (max: number): Window => ({ kind: 'sliding', max, windowMs: 60_000 })

const exact = (mode: StoreErrorMode): FaultRoute => ({
  name: mode,
  limit: `{ by: global, rate: 900/minute, burst: 20/second, on_store_error: ${mode} }`,
  windows: [minute(900), second(20)],
  mode,
  overshoot: 0,
})

export const ROUTES: readonly FaultRoute[] = [
  exact('local'),
  exact('allow'),
  exact('deny'),
  {
    name: 'leased',
    limit: '{ by: global, rate: 60/second, accuracy: leased, on_store_error: local }',
    windows: [second(60)],
    mode: 'local',
    // floor(60 / 10 / 2) for each of the two
    overshoot: 6,
  },
]

/** One gate's share while Redis is away. */
export const shareOf = (max: number): number => Math.max(1, Math.floor(max / REPLICAS))

export function policyFor(redis: string, upstream: string): string {
  const limits = ROUTES.map(({ name, limit }) => `  ${name}: ${limit}`)
  const routes = ROUTES.map(({ name }) => `  - { id: ${name}, match: { path: /${name} }, limits: ${name} }`)
  return `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
audit: { sinks: [] }
redis: { url: "${redis}", replicas: ${REPLICAS} }
upstreams: { api: { url: "${upstream}" } }
limits:
${limits.join('\n')}
defaults: { upstream: api, auth: none }
routes:
${routes.join('\n')}
`
}
