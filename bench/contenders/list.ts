import { type Contender, nodeCommand } from './contender.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { sallyport } from './sallyport.ts'

const httpProxy: Contender = {
  id: 'http-proxy',
  title: 'bare @fastify/http-proxy',
  needsKey: false,
  mustSend: [],
  requestLog: null,
  unavailable: () => null,
  command: (setting) => nodeCommand('./http-proxy.ts', setting),
}

const pluginStack: Contender = {
  id: 'plugin-stack',
  title: 'the usual plug-in stack',
  needsKey: true,
  mustSend: ['x-ratelimit-limit', 'x-content-type-options', 'access-control-allow-origin'],
  requestLog: 'requests.log',
  unavailable: () => null,
  command: (setting) => nodeCommand('./plugin-stack.ts', setting),
}

const nodeUndici: Contender = {
  id: 'node-undici',
  title: 'node:http + undici dispatch, the floor',
  needsKey: false,
  mustSend: [],
  requestLog: null,
  unavailable: () => null,
  command: (setting) => nodeCommand('./node-undici.ts', setting),
}

/** In the order of the table. */
export const contenders: readonly Contender[] = [
  sallyport,
  httpProxy,
  pluginStack,
  nodeUndici,
  nginx,
  haproxy,
]
