import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../adapters/log.ts'
import { canonicalAddress } from '../core/address.ts'
import { refuse } from './problem.ts'
import { type AdminToken, bearerOf } from './token.ts'

const MAX_BAD_TOKENS = 10
const WINDOW_MS = 60_000
const CHALLENGE = 'Bearer realm="sallyport admin"'

/** Who asks, as an address in the one spelling that all lines use. */
export function peerOf({ ip }: FastifyRequest): string {
  return canonicalAddress(ip) ?? ip
}

/**
 * Asks every request for the token. An address that has shown ten wrong ones has to wait until the minute is over,
 * whatever it shows then: else guessing would go on at full speed, and the right guess would tell.
 */
export function loginOf(app: FastifyInstance, token: AdminToken, log: Log) {
  const limit = app.createRateLimit({ max: MAX_BAD_TOKENS, timeWindow: WINDOW_MS })

  /** @returns seconds to wait; 0 when the address may try */
  async function waitS(request: FastifyRequest): Promise<number> {
    const state = await limit(request, { increment: false })
    return state.isAllowed || state.remaining > 0 ? 0 : Math.max(1, state.ttlInSeconds)
  }

  return async function adminLogin(request: FastifyRequest, reply: FastifyReply) {
    const retryAfterS = await waitS(request)
    if (retryAfterS > 0) return refuse(reply, 'rate_limited', { retryAfterS })
    const shown = bearerOf(request.headers.authorization)
    if (shown !== null && token.is(shown)) return
    // To send none is no guess.
    if (shown !== null) {
      await limit(request)
      log.warn('admin API: wrong token', { address: peerOf(request), id: request.id })
    }
    reply.header('www-authenticate', CHALLENGE)
    return refuse(reply, 'admin_token_invalid')
  }
}
