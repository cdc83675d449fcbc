import type { Code } from '../core/codes.ts'
import { upstreamFields, upstreamTarget } from '../core/headers.ts'
import { stripPrefix } from '../core/path.ts'
import type { Decision, Permit, Route } from '../core/policy.ts'
import { UpstreamFailure, type UpstreamRequest } from '../core/upstream.ts'
import type { Exchange } from './exchange.ts'
import { replyFromUpstream, replyRefusal } from './reply.ts'
import { BodyFailure } from './request-body.ts'

/** Why a request goes nowhere whose route's cut makes no path. */
export const NO_PATH = 'the path is not acceptable once strip_prefix is cut off'

/** Sends a request that has its permit, and hands back what the upstream says. It never rejects. */
export async function forward(exchange: Exchange, route: Route, permit: Permit): Promise<void> {
  const target = targetOf(permit.decision, route)
  if (target === null) {
    refuseLate(exchange, 'path_refused', NO_PATH)
    return
  }
  try {
    const request = upstreamRequest(exchange, route, permit.decision, target)
    exchange.upstreamAsked()
    const response = await exchange.live.sendOf(route)(request, permit)
    exchange.upstreamAnswered()
    replyFromUpstream(exchange, response)
  } catch (error) {
    refuseFailed(exchange, error)
  }
}

/** Canonical path and query as the upstream gets them; null when the route's cut makes no path. */
export function targetOf(decision: Decision, route: Route): string | null {
  const path = stripPrefix(decision.facts.path, route.stripPrefix)
  if (typeof path !== 'string') return null
  return upstreamTarget(route.upstream.basePath, path, decision.facts.query, route.request)
}

/** Answers a request that an upstream, or its own body, has failed; or cuts it when the reply has begun. */
export function refuseLate(
  exchange: Exchange,
  code: Code,
  why: string,
  fields: readonly string[] = [],
): void {
  exchange.failed(code, why)
  if (code === 'client_closed' || exchange.response.headersSent) exchange.response.destroy()
  else replyRefusal(exchange, code, fields)
}

function upstreamRequest(
  exchange: Exchange,
  route: Route,
  decision: Decision,
  target: string,
): UpstreamRequest {
  return {
    upstream: route.upstream.name,
    method: decision.facts.method,
    target,
    headers: upstreamFields(decision, route.request),
    body: exchange.bodyForUpstream(decision.maxBodyBytes),
    onInformation: exchange.request.httpVersionMinor === 1 ? exchange.inform : null,
    onRetry: exchange.retried,
    onAbort: exchange.onAbort,
  }
}

function refuseFailed(exchange: Exchange, error: unknown): void {
  const blame = exchange.bodyFailure ?? error
  if (blame instanceof UpstreamFailure) {
    const { code, message, retryAfterS } = blame
    refuseLate(exchange, code, message, retryAfterS > 0 ? ['retry-after', String(retryAfterS)] : [])
  } else {
    const code = blame instanceof BodyFailure ? blame.code : 'upstream_reply_invalid'
    refuseLate(exchange, code, messageOf(blame))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
