import { Exchange } from '../../../src/adapters/upstream/exchange.ts'
import { Origin } from '../../../src/adapters/upstream/origin.ts'
import type { UpstreamResponse } from '../../../src/core/upstream.ts'
import { type Asked, upstreamAt } from './kit.ts'

/** The connections to one scripted upstream, without what chooses among several. */
export function originAt(t: { teardown(end: () => void): unknown }, url: string): Origin {
  const origin = new Origin({ url, tls: upstreamAt(url).tls, connectMs: 1000 })
  t.teardown(() => origin.destroy())
  return origin
}

/** Sends one request there. @param silenceMs how long the upstream may say nothing */
export function enter(origin: Origin, { request }: Asked, silenceMs = 1000): Promise<UpstreamResponse> {
  const timeout = { connectMs: 1000, responseMs: silenceMs, idleMs: silenceMs }
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(request, timeout, origin, { resolve, reject })
    request.onAbort((reason) => exchange.abort(reason))
    origin.enter(exchange)
  })
}
