import type { NamedCheck, Policy } from '../../src/core/policy.ts'

/** Each request takes a place until it is over. */
export const policyFor = (origin: string): string => `version: 1
upstreams: { api: { url: "${origin}", circuit: off, retry: off } }
limits: { many: { by: ip, concurrent: 1000 } }
defaults: { upstream: api, auth: none, limits: many }
routes:
  - { id: all, match: { path: /*, methods: [GET, POST] } }
`

/** The policy with these checks behind its own. */
export function withChecks(...checks: readonly NamedCheck[]): (policy: Policy) => Policy {
  return (policy) => {
    const routes = policy.routes.map((route) => ({ ...route, checks: [...route.checks, ...checks] }))
    return { ...policy, routes, find: () => routes[0] ?? null }
  }
}
