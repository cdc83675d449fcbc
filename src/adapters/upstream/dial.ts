import { connect as connectTcp, isIP, type Socket, type TcpSocketConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Upstream } from '../../core/policy.ts'
import { UpstreamFailure } from '../../core/upstream.ts'
import { failureOf } from './failure.ts'

/** What one origin's connections depend on; a change of any of it is another pool. */
export interface OriginSettings {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  readonly tls: Upstream['tls']
  readonly connectMs: number
}

/** Who wants a connection. */
export interface Dialler {
  readonly onOpen: (socket: Socket) => void
  readonly onFailure: (failure: UpstreamFailure) => void
  /** What was read; the bytes are read into again after the call. */
  readonly onBytes: (bytes: Buffer) => void
}

/** Opens connections to one origin. @returns what gives the attempt up while it is one: then nothing is told */
export type Dial = (dialler: Dialler) => () => void

const READ_BYTES = 65_536
const PROBE_AFTER_MS = 60_000

/** Resolves and connects anew each time; over TLS it takes up the session of the connection before. */
export function diallerOf(settings: OriginSettings): Dial {
  const { protocol, hostname, port } = new URL(settings.url)
  const at = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
  }
  return protocol === 'https:' ? tlsDialler(at, settings) : tcpDialler(at, settings)
}

type Address = TcpSocketConnectOpts & { readonly host: string }

function tcpDialler(at: Address, { connectMs }: OriginSettings): Dial {
  return (dialler) => {
    const socket = connectTcp({ ...at, onread: { buffer: readBuffer, callback: reader(dialler) } })
    return watch(socket, 'connect', connectMs, dialler)
  }
}

/**
 * Names the upstream in TLS by the policy, never by the Host header: what is verified must be what was meant. A session
 * is taken up again by the next connection; only one of a peer that was verified, for its name is not looked at again.
 */
function tlsDialler(at: Address, { tls, connectMs }: OriginSettings): Dial {
  let session: Buffer | undefined
  const name = tls.serverName ?? at.host
  const options = {
    ...at,
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
  }
  return (dialler) => {
    const socket = connectTls(session === undefined ? options : { ...options, session })
    let latest: Buffer | undefined
    let isOpen = false
    socket.on('session', (offered) => {
      latest = offered
      if (isOpen) session = latest
    })
    socket.once('secureConnect', () => {
      isOpen = true
      session = latest ?? session
    })
    socket.once('error', () => {
      if (!isOpen) session = undefined
    })
    socket.on('data', dialler.onBytes)
    return watch(socket, 'secureConnect', connectMs, dialler)
  }
}

/** One for all connections: what is read is parsed, and copied or written, before anything else is read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES)

function reader({ onBytes }: Dialler): (length: number) => boolean {
  return (length) => {
    onBytes(readBuffer.subarray(0, length))
    return true
  }
}

function watch(
  socket: Socket,
  open: 'connect' | 'secureConnect',
  connectMs: number,
  dialler: Dialler,
): () => void {
  const late = (): void => {
    const why = `no connection within ${connectMs} ms`
    socket.destroy(new UpstreamFailure('upstream_timeout', why, { unsent: true }))
  }
  const timer = setTimeout(late, connectMs)
  const fail = (error: Error): void => {
    clearTimeout(timer)
    dialler.onFailure(failureOf(error, 'dialling'))
  }
  socket.once('error', fail)
  socket.once(open, () => {
    clearTimeout(timer)
    socket.off('error', fail)
    dialler.onOpen(socket)
  })
  return () => {
    clearTimeout(timer)
    socket.off('error', fail)
    socket.on('error', () => undefined)
    socket.destroy()
  }
}
