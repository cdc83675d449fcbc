import type { Socket } from 'node:net'

type Done = (error?: Error | null) => void

/**
 * What a peer that stopped reading answers a write with. Whatever it said before lies in our receive buffer still, and
 * reading goes on until that is empty.
 */
const STOPPED_READING: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET'])

/**
 * Lets a reply be heard that came before the end of the upload. An API that refuses an upload answers and resets the
 * connection (a 413, say), and Node throws away what it has not read when a write fails: the client would learn
 * nothing but that the API broke off. So a failed write stands still, and the end of the reading side tells.
 */
export function hearEarlyReply(socket: Socket): void {
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, done) => write(chunk, encoding, unlessStopped(done))
  const writeMany = socket._writev?.bind(socket)
  if (writeMany !== undefined) socket._writev = (chunks, done) => writeMany(chunks, unlessStopped(done))
}

function unlessStopped(done: Done): Done {
  return (error) => {
    if (error == null || !('code' in error) || !STOPPED_READING.has(error.code)) done(error)
  }
}
