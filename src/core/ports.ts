import type { BucketState, Charge, ChargeResult, Limit } from './limits.ts'
import type { Principal } from './principal.ts'

/** Epoch milliseconds now. */
export interface Clock {
  nowMs(): number
}

/** Where windows and quotas are counted. Two stores, one contract. */
export interface Counters {
  /** Checks every window of every charge, then charges all of them or none. */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult>
  /** Gives back what `charge` took at `nowMs`, when a later check refused the request. */
  refund(charges: readonly Charge[], nowMs: number): void
  /** Frees the places of `concurrent` limits, once the request that took them is over. */
  release(charges: readonly Charge[]): void
}

/** The same, for operators: what is counted can be looked at and cleared. */
export interface CounterStore extends Counters {
  /** What is left in a bucket. Changes nothing. */
  read(limit: Limit, key: string, nowMs: number): BucketState | Promise<BucketState>
  /** Forgets all that was counted in a bucket. */
  reset(key: string): void | Promise<void>
}

/** The body of the request being judged, for the checks that must see it. */
export interface Body {
  /**
   * The whole body, kept for the upstream too.
   * @param maxBytes more than this ends the reading
   * @returns null when the body is larger than `maxBytes`
   */
  read(maxBytes: number): Promise<Uint8Array | null>
}

/**
 * Who a request is from when its credential itself is not at hand, as in an explanation or a replay: it shows none, that
 * of a known key, one that nobody knows, two that differ, or one of a principal that is given as it is.
 */
export type Claim =
  | { readonly kind: 'none' | 'unknown' | 'ambiguous' }
  | {
      readonly kind: 'key'
      readonly id: string
      /** Which authenticator it is shown to; null: to all that the route asks. */
      readonly authenticator: string | null
    }
  | { readonly kind: 'principal'; readonly principal: Principal }

/** What is known of a message whose query and body are not at hand, as in a replay. */
export interface Unseen {
  /** Bytes of the body that were read. */
  readonly bodyBytes: number
  /** What was said of it when it was at hand: a code, `pass`, or null when nobody looked. */
  readonly said: string | null
  /** Told what could not be judged again: what was said was taken over, or the message was taken to be good. */
  taken(how: 'carried' | 'assumed'): void
}

/** The only doors of a decision to the outside. */
export interface Ports {
  readonly clock: Clock
  readonly counters: Counters
  readonly body: Body
  /** Believed in the place of a credential. The live gate never has one. */
  readonly claim?: Claim
  /** Believed in the place of the message itself. The live gate never has one. */
  readonly unseen?: Unseen
}
