import type { IncomingMessage } from 'node:http'
import { isUpgrading } from './exchange.ts'
import type { Knock } from './front-door.ts'

/**
 * What the front door judges of a request.
 * @param target as sent: Fastify rewrites that of an upgrade
 */
export function knockOf(request: IncomingMessage, target: string): Knock {
  return {
    method: request.method ?? '',
    target,
    httpVersion: request.httpVersion,
    fields: request.rawHeaders,
    headers: request.headers,
    upgrading: isUpgrading(request),
  }
}
