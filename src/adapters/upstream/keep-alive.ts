import { type ReplyHead, UNTIL_CLOSE } from './reply-head.ts'

/** Idle connections are closed after this, where the upstream does not tell. */
export const KEEP_ALIVE_MS = 4000
const MAX_KEEP_ALIVE_MS = 60_000
/** A request must not be on its way while the upstream closes the connection. */
const MARGIN_MS = 2000
const NO_CONTENT = 204
const NOT_MODIFIED = 304

/** Whether another request may follow on the connection: its reply must begin where this one ends. */
export function mayFollow({ status, bodyBytes, keepAliveMs }: ReplyHead): boolean {
  if (keepAliveMs !== null && keepAliveMs <= MARGIN_MS) return false
  // Who announces a body where none may be might send it.
  if (status === NO_CONTENT || status === NOT_MODIFIED) return bodyBytes === 0 || bodyBytes === UNTIL_CLOSE
  return bodyBytes !== UNTIL_CLOSE
}

/** How long the connection is kept for another request. */
export function keepAliveMsOf({ keepAliveMs }: ReplyHead): number {
  return keepAliveMs === null ? KEEP_ALIVE_MS : Math.min(keepAliveMs - MARGIN_MS, MAX_KEEP_ALIVE_MS)
}
