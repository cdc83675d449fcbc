import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import type { DataServer } from '../http/server.ts'

/** A request as it goes out. */
export interface Sent {
  readonly method: string
  readonly target: string
  /** Flat: name, value, name, value … */
  readonly fields: readonly string[]
  readonly body: Uint8Array | null
  /** The address that the connection seems to come from. */
  readonly peer: string
}

export interface Got {
  /** 0: the connection ended without a reply. */
  readonly status: number
  /** Flat, as they came. */
  readonly fields: readonly string[]
  readonly body: string
  /** Why there is no whole reply. */
  readonly problem: string | null
}

/**
 * Sends one request over a connection that is made in memory: no port is opened, so nobody else can send one.
 * @param switched resolves when the far side of a WebSocket has been asked; until then the connection stays open
 */
export async function send(
  server: Pick<DataServer, 'adopt'>,
  sent: Sent,
  timeoutMs: number,
  switched: Promise<void>,
): Promise<Got> {
  const [ours, theirs] = duplexPair()
  Object.assign(theirs, socketParts(theirs, sent.peer))
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs)
  try {
    server.adopt(theirs)
    return await Promise.race([exchange(sent, ours, switched), late.promise])
  } catch (error) {
    return nothing(error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
    end(ours, theirs)
  }
}

/** What servers ask of a socket beside its bytes; a stream has none of it. */
function socketParts(stream: Duplex, remoteAddress: string) {
  const same = (): Duplex => stream
  const timers = { setTimeout: same, setNoDelay: same, setKeepAlive: same, ref: same, unref: same }
  const leave = (): void => {
    if (stream.writableFinished) stream.destroy()
    else stream.end(() => stream.destroy())
  }
  const cut = (): Duplex => stream.destroy()
  return { ...timers, remoteAddress, bytesRead: 1, bytesWritten: 0, destroySoon: leave, resetAndDestroy: cut }
}

function end(...sides: readonly Duplex[]): void {
  for (const side of sides) {
    side.on('error', () => undefined)
    side.destroy()
  }
}

function nothing(problem: string): Got {
  return { status: 0, fields: [], body: '', problem }
}

function exchange(sent: Sent, socket: Duplex, switched: Promise<void>): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { method, target: path, fields } = sent
    const request: ClientRequest = openRequest({
      method,
      path,
      headers: [...fields],
      createConnection: () => socket,
    })
    const unanswered = () => reject(new Error('the connection ended without a reply'))
    request.on('close', unanswered)
    request.on('response', (reply) => {
      request.off('close', unanswered)
      read(reply).then(resolve, reject)
    })
    request.on('upgrade', (reply) => {
      request.off('close', unanswered)
      switched.then(() => resolve({ ...headOf(reply), body: '', problem: null }), reject)
    })
    // What answers CONNECT is no response to Node; the gate never opens a tunnel.
    request.on('connect', (reply) => resolve({ ...headOf(reply), body: '', problem: null }))
    request.on('error', reject)
    request.end(sent.body ?? undefined)
  })
}

async function read(reply: IncomingMessage): Promise<Got> {
  const chunks: Buffer[] = []
  let problem: string | null = null
  try {
    for await (const chunk of reply) chunks.push(chunk)
  } catch {
    problem = 'the reply was cut'
  }
  return { ...headOf(reply), body: Buffer.concat(chunks).toString('utf8'), problem }
}

function headOf({ statusCode = 0, rawHeaders }: IncomingMessage): Pick<Got, 'status' | 'fields'> {
  return { status: statusCode, fields: rawHeaders }
}
