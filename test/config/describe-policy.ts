import { FORWARDING_NAMES, HOP_BY_HOP, NEVER_FORWARDED } from '../../src/core/headers.ts'
import type { ReplyPlan, RequestPlan, Route } from '../../src/core/policy.ts'
import { goodPolicy } from './compiling.ts'

/** What a policy became, as JSON that a reviewer can read; names that every route has in common are left out. */
export function describe(text: string): unknown {
  const { policy, settings, keys, problems } = goodPolicy(text)
  return {
    hash: policy.hash,
    problems,
    settings: { ...settings, upstreams: Object.fromEntries(settings.upstreams) },
    hosts: policy.hosts === null ? null : { exact: [...policy.hosts.exact], suffixes: policy.hosts.suffixes },
    trusted: policy.trust.ranges.length,
    guarded: less(policy.guardedNames, [...NEVER_FORWARDED, ...FORWARDING_NAMES]),
    once: [...policy.onceNames].sort(),
    credentials: [...policy.credentialNames].sort(),
    reply: reply(policy.reply),
    keys: [...keys.byId.values()].map((key) => ({
      ...key,
      routes: key.routes === null ? null : [...key.routes],
    })),
    routes: policy.routes.map(route),
  }
}

function route({
  checks,
  upstream,
  request: plan,
  reply: replyPlan,
  decisionFields,
  reporting,
  ...rest
}: Route) {
  return {
    ...rest,
    reporting: reporting && {
      ...reporting,
      checks: [...reporting.checks],
      reply: reply(reporting.reply),
    },
    checks: checks.map(({ name }) => name),
    upstream: upstream.name,
    request: request(plan),
    reply: reply(replyPlan),
    decisionFields: decisionFields.length,
  }
}

function request({ drop, ...plan }: RequestPlan) {
  return { ...plan, drop: less(drop, [...NEVER_FORWARDED, ...FORWARDING_NAMES]) }
}

function reply({ drop, set }: ReplyPlan) {
  return { drop: less(drop, HOP_BY_HOP), set }
}

function less(names: ReadonlySet<string>, known: readonly string[]): string[] {
  return [...names].filter((name) => !known.includes(name)).sort()
}
