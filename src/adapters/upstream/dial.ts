import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Upstream } from '../../core/policy.ts'
import { UpstreamFailure } from '../../core/upstream.ts'
import { type Address, addressOf, tlsOptions } from './address.ts'
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

/** Resolves and connects anew each time; over TLS it takes up the session of the connection before. */
export function diallerOf(settings: OriginSettings): Dial {
  const { address, isTls } = addressOf(settings.url)
  return isTls ? tlsDialler(address, settings) : tcpDialler(address, settings)
}

function tcpDialler(at: Address, { connectMs }: OriginSettings): Dial {
  return (dialler) => {
    const socket = connectTcp({ ...at, onread: { buffer: readBuffer, callback: reader(dialler) } })
    return watch(socket, 'connect', connectMs, dialler)
  }
}

/** A session is taken up again; only one of a peer that was verified, for its name is not looked at again. */
function tlsDialler(at: Address, { tls, connectMs }: OriginSettings): Dial {
  let session: Buffer | undefined
  const options = tlsOptions(at, tls)
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
