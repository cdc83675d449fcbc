import { createServer } from 'node:http'
import { replyBody } from './workload.ts'

/** The API behind every contender: one JSON reply, connections kept between measurements. */
const body = Buffer.from(replyBody())
const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
server.listen(Number(process.argv[2]), '127.0.0.1')
