import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { settingFromArgs } from './contender.ts'

/** Bare @fastify/http-proxy: its defaults, no logger. */
const { port, upstreamPort } = settingFromArgs()
const app = fastify({ logger: false })
await app.register(proxy, { upstream: `http://127.0.0.1:${upstreamPort}` })
await app.listen({ port, host: '127.0.0.1' })
