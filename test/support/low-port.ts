import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST_PORT = 20_000
const PORTS = 2700
const TRIES = 50
/** Where the nodes of a Redis cluster speak to each other, by default. */
const BUS_OFFSET = 10_000

/**
 * A free port for a server that goes and comes back: below those that connections are given. Who connects to one of
 * these again and again while nobody listens is connected to itself in the end, and keeps the server from coming back.
 */
export async function lowPort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port
  }
  throw new Error(`no free port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
