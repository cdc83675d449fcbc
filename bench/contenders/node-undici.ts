import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { settingFromArgs } from './contender.ts'

/** The floor: node:http in front, undici `dispatch` behind, hop-by-hop headers dropped, nothing else. */
const { port, upstreamPort } = settingFromArgs()
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 128 })
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'trailer'])

function withoutHops(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !hopByHop.has(name)) kept[name] = value
  }
  return kept
}

function streamTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, status, headers) => {
      response.writeHead(status, withoutHops(headers))
    },
    onResponseData: (controller, chunk) => {
      if (response.write(chunk)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd: () => {
      response.end()
    },
    onResponseError: (_controller, error) => {
      if (response.headersSent) response.destroy(error)
      else response.writeHead(502).end()
    },
  }
}

const server = createServer((request, response) => {
  const { method = 'GET', url = '/', headers } = request
  const body = method === 'GET' || method === 'HEAD' ? null : request
  const sent = { method: method as Dispatcher.HttpMethod, path: url, headers: withoutHops(headers), body }
  pool.dispatch(sent, streamTo(response))
})
server.listen(port, '127.0.0.1')
