import { createHash } from 'node:crypto'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import proxy from '@fastify/http-proxy'
import rateLimit from '@fastify/rate-limit'
import fastify from 'fastify'
import { origin } from '../workload.ts'
import { settingFromArgs } from './contender.ts'

/** What a team usually puts together: the proxy, three plug-ins, a key hook, a log line per request and reply. */
const { dir, key, port, upstreamPort } = settingFromArgs()
const keys = new Map([[key.hash, key.id]])
const app = fastify({ logger: { level: 'info', file: `${dir}/requests.log` } })

await app.register(helmet)
await app.register(cors, { origin: [origin], credentials: true })
await app.register(rateLimit, { max: 1_000_000_000, timeWindow: '1 minute' })
app.addHook('onRequest', async (request, reply) => {
  const sent = request.headers['x-api-key']
  const hash = `sha256:${createHash('sha256').update(String(sent)).digest('hex')}`
  if (sent === undefined || !keys.has(hash)) return reply.code(401).send({ error: 'unauthorized' })
})
// @fastify/cors has the catch-all route for OPTIONS.
const httpMethods = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']
await app.register(proxy, { upstream: `http://127.0.0.1:${upstreamPort}`, httpMethods })
await app.listen({ port, host: '127.0.0.1' })
