import type { Wrap } from '../../core/upstream.ts'

/**
 * The clocks of one try run at its socket, where dialling, the first byte and each pause can be seen. So this layer
 * adds nothing round a try; it marks the place: inside of retry, which gives each try its own clocks.
 */
export const timeoutWrap: Wrap = (next) => next
