/**
 * The order of everything, and why. Checks run top to bottom and each can end the request; wraps are named from the
 * outside in. A policy says which slot its checks take; nobody can take a slot that is not here.
 */
export const FRONT = Object.freeze([
  // A browser's preflight carries no credential, so it is answered before one is asked for; and the reply to every
  // later refusal needs the CORS fields, or the page's script cannot read why it was refused.
  'cors',
  // Costs nothing, needs no credential, and keeps whole networks from trying any.
  'access',
  // The coarse limits (by ip, route, global): guessing credentials is paid for before any is looked at.
  'limit_address',
  // Who asks. Everything below may rely on the principal.
  'auth',
  // What the principal may do. Before the principal's limits: a request that may not be made is not charged.
  'scopes',
  // The principal's limits and quotas, all windows together or none.
  'limit',
  // Looks into the message, which may mean reading a body: only for requests that passed all that is cheaper.
  'validate',
  // What the upstream may believe of the principal: last, when nothing can change it any more.
  'identity',
] as const)

export type FrontSlot = (typeof FRONT)[number]

export const BACK = Object.freeze([
  // Outside of retry: one request is one success or failure for the circuit, and an open one costs no retry.
  'circuit',
  // Outside of timeout: each try has its own time.
  'retry',
  // Round a single try: connect, first byte, idle.
  'timeout',
] as const)

export type BackSlot = (typeof BACK)[number]
