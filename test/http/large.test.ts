import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { head, startWorld } from './world.ts'

const MB = 1024 * 1024
/** `SALLYPORT_LARGE_MB=5120` makes the long run of it. */
const SIZE = Number(process.env.SALLYPORT_LARGE_MB ?? 300) * MB
/** A fraction of what passes; the rest is what the allocator keeps on a busy machine. */
const MAX_GROWTH = 120 * MB
const PIECE = Buffer.alloc(MB)

/** Writes at the pace of whoever reads. */
async function pour(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; left -= PIECE.length) {
    if (!socket.write(PIECE)) await once(socket, 'drain')
  }
}

/** Reads with a pause after each 16 MB, and tells by how much memory grew once the first 64 MB had warmed everything up. */
function readSlowly(socket: Socket, bytes: number): Promise<number> {
  let before = 0
  let most = 0
  let count = 0
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      const pieces = Math.floor(count / (16 * MB))
      count += chunk.length
      if (count >= bytes) return resolve(most)
      if (Math.floor(count / (16 * MB)) === pieces) return
      if (count < 80 * MB) before = process.memoryUsage().rss
      most = Math.max(most, process.memoryUsage().rss - before)
      socket.pause()
      setTimeout(() => socket.resume(), 5)
    })
  })
}

t.test('V84 a large download to a slow reader takes no memory', async (t) => {
  const { app, upstream } = await startWorld(t)
  upstream.answer = ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`)
    pour(socket, SIZE).catch(() => undefined)
    return null
  }
  const client = app.client()
  client.socket.removeAllListeners('data')
  const grown = readSlowly(client.send(head('GET /x')).socket, SIZE)
  t.ok((await grown) < MAX_GROWTH, `${Math.round((await grown) / MB)} MB more at most`)
  t.equal((await app.recorded(1))[0]?.bytesOut, SIZE)
})

t.test('V84 a large upload to a slow upstream takes no memory', async (t) => {
  const { app, upstream } = await startWorld(t)
  const taken = Promise.withResolvers<number>()
  upstream.isQuiet = true
  upstream.connecting = (socket) => {
    readSlowly(socket, SIZE).then((grown) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      taken.resolve(grown)
    }, taken.reject)
  }
  const client = app.client().send(head('POST /x', `Content-Length: ${SIZE}`))
  await pour(client.socket, SIZE)
  t.ok((await taken.promise) < MAX_GROWTH, `${Math.round((await taken.promise) / MB)} MB more at most`)
  t.equal((await client.reply()).status, 200)
  t.equal((await app.recorded(1))[0]?.bytesIn, SIZE)
})
