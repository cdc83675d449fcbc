import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Origin } from '../../../src/adapters/upstream/origin.ts'
import { UpstreamFailure, type UpstreamRequest, type UpstreamResponse } from '../../../src/core/upstream.ts'
import { ask, rawUpstream, read, turn } from './kit.ts'
import { enter, originAt } from './kit-origin.ts'

const EVIL = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'
const SILENCE_MS = 50

/** What an upstream does when a request with this id has come. */
type Say = (socket: Socket, id: string) => unknown
const headOf = (id: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${id.length}\r\n\r\n`
const chunksOf = (id: string): string =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${id.length}\r\n${id}\r\n0\r\n\r\n`
const scripts: Readonly<Record<string, Say>> = {
  whole: (socket, id) => socket.write(headOf(id) + id),
  pieces: (socket, id) => socket.write(headOf(id), () => setImmediate(() => socket.write(id))),
  chunks: (socket, id) => socket.write(chunksOf(id)),
  hints: (socket, id) => socket.write(`HTTP/1.1 103 Hints\r\n\r\n${headOf(id)}${id}`),
  surplus: (socket, id) => socket.write(headOf(id) + id + EVIL),
  last: (socket, id) => socket.end(headOf(id) + id),
  until: (socket, id) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${id}`),
  reset: (socket, id) => socket.write(headOf(id), () => socket.resetAndDestroy()),
  cut: (socket, id) => socket.end(headOf(id)),
  garbage: (socket) => socket.write('SSH-2.0-OpenSSH\r\n\r\n'),
  stalled: (socket, id) => socket.write(headOf(id)),
  silent: () => undefined,
  gone: (socket) => socket.destroy(),
}
const uploads: Readonly<Record<string, () => UpstreamRequest['body']>> = {
  none: () => null,
  bytes: () => Buffer.from('x'),
  stream: () => Readable.from([Buffer.from('x'), Buffer.from('y')]),
  open: () => {
    const body = new PassThrough()
    body.write('x')
    return body
  },
  untouched: () => new PassThrough(),
  broken: () => new PassThrough().destroy(),
}
const plans = fc.record({
  script: fc.constantFrom(...Object.keys(scripts)),
  upload: fc.constantFrom('none', ...Object.keys(uploads)),
  sink: fc.constantFrom('reads', 'pauses', 'throws', 'cancels'),
  isHead: fc.boolean(),
  gap: fc.nat(4),
  leavesAfter: fc.option(fc.nat(8)),
})

type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never

/** Reads a body as a sink of some kind does; a sink that throws within attach is its owner's to clean up. */
function readAs(kind: Plan['sink'], { body }: UpstreamResponse): Promise<string> {
  let text = ''
  const write = (chunk: Uint8Array): boolean => {
    if (kind === 'throws') throw new TypeError('broken sink')
    text += Buffer.from(chunk).toString('latin1')
    if (kind === 'cancels') body.cancel(new Error('enough'))
    if (kind === 'pauses') setImmediate(() => body.resume())
    return kind === 'reads'
  }
  return new Promise((resolve, reject) => {
    try {
      body.attach({ write, end: () => resolve(text), fail: reject })
    } catch (error) {
      body.cancel(new Error('broken sink'))
      reject(new UpstreamFailure('internal', String(error)))
    }
  })
}

/** @returns whether it got its own reply, whole, or an UpstreamFailure */
async function carryOut(origin: Origin, plan: Plan, id: string): Promise<boolean | 'whole'> {
  const body = uploads[plan.upload]?.() ?? null
  const method = body !== null ? 'POST' : plan.isHead ? 'HEAD' : 'GET'
  const asked = ask({ method, target: `/${plan.script}/${id}`, body })
  const outcome = enter(origin, asked, SILENCE_MS).then((response) => readAs(plan.sink, response))
  const settled = outcome.then(
    (text) => text === (method === 'HEAD' ? '' : id) && 'whole',
    (error) => error instanceof UpstreamFailure,
  )
  // Nothing but its client ends an upload that stands still.
  const leavesAfter = plan.leavesAfter ?? (['open', 'untouched'].includes(plan.upload) ? 9 : -1)
  for (let i = 0; i < leavesAfter; i++) await turn()
  if (leavesAfter >= 0) asked.abort()
  return settled
}

/** As the retry does: an end that a peer did not announce may cross the request, and nothing was done then. */
async function askPlainly(origin: Origin): Promise<string> {
  for (;;) {
    try {
      return (await read(await enter(origin, ask({ target: '/whole/plain' }), SILENCE_MS))).text
    } catch (error) {
      if (!(error instanceof UpstreamFailure && error.unsent)) throw error
    }
  }
}

t.test(
  'whatever upstreams and clients do, in any order, nobody gets what is not theirs and no place is lost',
  async (t) => {
    const upstream = await rawUpstream(t, {
      onData: (socket, text) => {
        const [, script = '', id = ''] = /^[A-Z]+ \/(\w+)\/(\w+) /.exec(text) ?? []
        scripts[script]?.(socket, id)
      },
    })
    const origin = originAt(t, upstream.origin)
    let asked = 0
    let whole = 0
    const order = fc.asyncProperty(fc.array(plans, { minLength: 1, maxLength: 16 }), async (planned) => {
      const outcomes: Promise<boolean | 'whole'>[] = []
      for (const plan of planned) {
        outcomes.push(carryOut(origin, plan, `id${asked++}`))
        for (let i = 0; i < plan.gap; i++) await turn()
      }
      const told = await Promise.all(outcomes)
      whole += told.filter((outcome) => outcome === 'whole').length
      // One that was aborted while it was dialled leaves when that is over.
      for (let i = 0; i < 1000 && origin.stats().active > 0; i++) await turn()
      const text = await askPlainly(origin)
      return (
        told.every(Boolean) &&
        text === 'plain' &&
        isDeepStrictEqual([origin.stats().active, origin.stats().waiting], [0, 0])
      )
    })
    await fc.assert(order, { numRuns: 100, endOnFailure: true })
    t.ok(whole > asked / 20 && whole < asked / 2, `${whole} of ${asked} came whole`)
  },
)
