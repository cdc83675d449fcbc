import proxy from '@fastify/http-proxy'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyRequest } from 'fastify'
import { Redis } from 'ioredis'
import { settingFromArgs } from './contender.ts'

/** @fastify/http-proxy behind @fastify/rate-limit with its Redis store; `windows` of them, one after the other. */
const { port, upstreamPort, redisPort = 0, windows = 1 } = settingFromArgs()
const redis = new Redis({ port: redisPort, host: '127.0.0.1', enableAutoPipelining: true })
const app = fastify({ logger: false })
await app.register(rateLimit, { global: false, redis })
// Its hook runs once a request, however often it is added: further windows go through the checks that it makes by hand.
const max = 1_000_000_000
app.addHook('onRequest', app.rateLimit({ max, timeWindow: 60_000 }))
const further = Array.from({ length: windows - 1 }, (_, i) => {
  const keyGenerator = (request: FastifyRequest): string => `${i}:${request.ip}`
  return app.createRateLimit({ max, timeWindow: (i + 2) * 60_000, keyGenerator })
})
app.addHook('onRequest', async (request, reply) => {
  for (const check of further) {
    const result = await check(request)
    if ('isExceeded' in result && result.isExceeded) return reply.code(429).send()
  }
})
await app.register(proxy, { upstream: `http://127.0.0.1:${upstreamPort}` })
await app.listen({ port, host: '127.0.0.1' })
