import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Upstreams } from '../../../src/adapters/upstream.ts'
import type { Upstream } from '../../../src/core/policy.ts'
import { UpstreamFailure, type UpstreamRequest, type UpstreamResponse } from '../../../src/core/upstream.ts'
import { permitFor } from '../../support/permit.ts'
import { TEST_CERT, TEST_KEY } from '../../support/tls.ts'

export interface Closable {
  teardown(close: () => unknown): unknown
}

/** A scripted upstream: the script gets each connection, and each piece that is read from it. */
export interface RawUpstream {
  readonly origin: string
  /** Connections accepted so far. */
  readonly accepted: () => number
  readonly open: ReadonlySet<Socket>
  /** All that was read, of all connections. */
  readonly seen: () => string
  /** Resolves when no connection is open. */
  readonly drained: () => Promise<void>
}

export interface Script {
  readonly onConnection?: (socket: Socket, index: number) => void
  readonly onData?: (socket: Socket, text: string, index: number) => void
}

export async function rawUpstream(t: Closable, script: Script): Promise<RawUpstream> {
  const open = new Set<Socket>()
  let accepted = 0
  let seen = ''
  const server = createServer({ noDelay: true }, (socket) => {
    const index = accepted++
    open.add(socket)
    // A peer that resets is part of the script.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      open.delete(socket)
      server.emit('gone')
    })
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      seen += text
      script.onData?.(socket, text, index)
    })
    script.onConnection?.(socket, index)
  })
  const port = await listenUntilEnd(t, server, open)
  return {
    origin: `http://127.0.0.1:${port}`,
    accepted: () => accepted,
    open,
    seen: () => seen,
    drained: async () => {
      while (open.size > 0) await once(server, 'gone')
    },
  }
}

/** @returns the port; the server and its connections end with the test */
async function listenUntilEnd(t: Closable, server: Server, open: ReadonlySet<Socket>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** An upstream that answers each request's head with the same bytes. */
export function answering(
  t: Closable,
  reply: string | Buffer,
  then?: (socket: Socket) => void,
): Promise<RawUpstream> {
  return rawUpstream(t, {
    onData: (socket, text) => {
      if (!text.includes('\r\n\r\n')) return
      socket.write(reply)
      then?.(socket)
    },
  })
}

export interface TlsUpstream {
  /** With the host in the URL: the same server under several names. */
  readonly at: (host: string) => string
  /** What each handshake that was finished said: the name greeted with (false without one), and whether it was resumed. */
  readonly greetings: readonly { readonly name: unknown; readonly isReused: boolean }[]
  readonly seen: () => string
}

/** An upstream with the certificate of api.internal that answers all that it reads with the same reply. */
export async function tlsUpstream(t: Closable, reply: string, more: TlsOptions = {}): Promise<TlsUpstream> {
  const greetings: { name: unknown; isReused: boolean }[] = []
  const open = new Set<TLSSocket>()
  let seen = ''
  const server = createTlsServer({ cert: TEST_CERT, key: TEST_KEY, noDelay: true, ...more }, (socket) => {
    greetings.push({ name: socket.servername, isReused: socket.isSessionReused() })
    open.add(socket)
    // A client that does not trust us resets.
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      seen += chunk
      socket.write(reply)
    })
  })
  server.on('tlsClientError', () => undefined)
  const port = await listenUntilEnd(t, server, open)
  return { at: (host) => `https://${host}:${port}`, greetings, seen: () => seen }
}

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Settings for tests: everything off that the test does not ask for. */
export function upstreamAt(origin: string | readonly string[], more: Partial<Upstream> = {}): Upstream {
  return {
    name: 'legacy',
    origins: typeof origin === 'string' ? [origin] : origin,
    basePath: '',
    preserveHost: true,
    timeout: { connectMs: 1000, responseMs: 1000, idleMs: 1000 },
    tls: { verify: true, ca: null, serverName: null },
    circuit: null,
    retry: { attempts: 1, budgetPercent: 0 },
    ...more,
  }
}

export interface Asked {
  readonly request: UpstreamRequest
  /** The client leaves. */
  readonly abort: (reason?: Error) => void
}

export function ask(more: Partial<UpstreamRequest> = {}): Asked {
  const aborts: ((reason: Error) => void)[] = []
  const request: UpstreamRequest = {
    upstream: 'legacy',
    method: 'GET',
    target: '/',
    headers: ['host', 'api.example.com'],
    body: null,
    onInformation: null,
    onRetry: null,
    onAbort: (abort) => aborts.push(abort),
    ...more,
  }
  return {
    request,
    abort: (reason = new Error('the client left')) => {
      for (const abort of aborts) abort(reason)
    },
  }
}

/** Sends one GET with the usual settings. */
export async function get(
  upstreams: Upstreams,
  origin: string,
  more: Partial<UpstreamRequest> = {},
  settings: Partial<Upstream> = {},
): Promise<UpstreamResponse> {
  const upstream = upstreamAt(origin, settings)
  return upstreams.send(upstream)(ask(more).request, await permitFor(upstream))
}

export interface Read {
  readonly text: string
  readonly trailers: readonly string[]
  readonly writes: number
}

/** Reads a whole body; rejects when it was cut. */
export function read(response: UpstreamResponse): Promise<Read> {
  return new Promise((resolve, reject) => {
    let text = ''
    let writes = 0
    response.body.attach({
      write: (chunk) => {
        writes++
        text += Buffer.from(chunk).toString('latin1')
        return true
      },
      end: (trailers) => resolve({ text, trailers, writes }),
      fail: reject,
    })
  })
}

/** The failure that a promise rejects with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<UpstreamFailure> {
  const [settled] = await Promise.allSettled([promise])
  if (settled?.status === 'rejected' && settled.reason instanceof UpstreamFailure) return settled.reason
  throw new Error(`no UpstreamFailure but ${settled?.status === 'rejected' ? settled.reason : 'a response'}`)
}

/** Resumes behind all that this turn of the event loop reads: what is written now is read before its next end. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
