import type { FastifyRequest } from 'fastify'
import type { AuditEvent } from '../adapters/audit.ts'
import { isoTime } from './describe.ts'
import { peerOf } from './login.ts'
import type { AdminToken } from './token.ts'

/** What it takes to tell of an order. */
export interface OrderParts {
  readonly audit: { readonly event: (event: AuditEvent) => void }
  readonly token: AdminToken
}

/** What was ordered and whether it was done, in the words of the audit. */
interface Order extends Readonly<Record<string, AuditEvent[string]>> {
  readonly action: string
  readonly good: boolean
}

/** Who gave an order, for the log. */
export function whyOf(request: FastifyRequest, { fingerprint }: AdminToken): string {
  return `admin API: token ${fingerprint} from ${peerOf(request)}`
}

/** One line in the audit for an order that came through this API. */
export function auditOrder(request: FastifyRequest, { audit, token }: OrderParts, order: Order): void {
  audit.event({
    type: 'admin',
    time: isoTime(Date.now()),
    id: request.id,
    who: token.fingerprint,
    address: peerOf(request),
    ...order,
  })
}
