import { get, type IncomingHttpHeaders } from 'node:http'
import type { Contender } from './contenders/contender.ts'
import { bodyBytes, replyBody, requestHeaders } from './workload.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const timeoutMs = 5000

/**
 * Holds a contender against what it is timed for, before it is timed.
 *
 * @returns what is wrong with it, or null
 */
export async function probe(
  contender: Contender,
  port: number,
  path: string,
  key: string,
): Promise<string | null> {
  const served = await ask(port, path, key)
  if (served.status !== 200) return `answered ${served.status} instead of 200: ${served.body.slice(0, 300)}`
  if (served.body !== replyBody()) return `answered another body than the ${bodyBytes} bytes of the upstream`
  const missing = contender.mustSend.filter((name) => served.headers[name] === undefined)
  if (missing.length > 0) return `its reply lacks ${missing.join(', ')}`
  if (!contender.needsKey) return null
  const { status } = await ask(port, path, null)
  return status === 401 ? null : `answered ${status} instead of 401 to a request without a key`
}

function ask(port: number, path: string, key: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      path,
      host: '127.0.0.1',
      headers: requestHeaders(key),
      agent: false,
      timeout: timeoutMs,
    }
    const request = get(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')))
    request.on('error', reject)
  })
}
