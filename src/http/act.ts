import type { Ending } from './ending.ts'
import type { Exchange } from './exchange.ts'
import { forward, refuseLate } from './forward.ts'
import { replyOwn } from './reply.ts'

/** What is done with a request that is judged. */
export type Act = (exchange: Exchange, ending: Ending) => void

/** Answers, refuses or forwards. */
export function act(exchange: Exchange, ending: Ending): void {
  if (ending === null) forwardWithPermit(exchange)
  else if (ending.kind === 'answer') replyOwn(exchange, ending.reply)
  else refuseLate(exchange, ending.code, ending.why, ending.headers)
}

/** The same once it is decided, unless it is over by then. */
export async function actLater(exchange: Exchange, pending: Promise<Ending>, actOn: Act): Promise<void> {
  try {
    const ending = await pending
    // Who has left meanwhile is owed nothing, and nothing is asked of the upstream for it.
    if (!exchange.over) actOn(exchange, ending)
  } catch (error) {
    breakDown(exchange, error)
  }
}

function forwardWithPermit(exchange: Exchange): void {
  const { permit, route } = exchange.decision ?? {}
  if (permit == null || route == null) throw new Error('forwarding without a permit')
  void forward(exchange, route, permit)
}

/** An error of our own: it refuses, whatever it was. */
export function breakDown(exchange: Exchange, error: unknown): void {
  refuseLate(exchange, 'internal', error instanceof Error ? (error.stack ?? error.message) : String(error))
}
