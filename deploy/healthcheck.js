// The image's HEALTHCHECK: exit 0 when the ops listener says that the process is alive, 1 otherwise.
// Plain node:http, because this process is paid for out of the same memory limit as the gate.
import { get } from 'node:http'

const url = process.env.SALLYPORT_HEALTH_URL ?? 'http://127.0.0.1:9901/health/live'
const timeoutMs = 3000

function finish(exitCode, message) {
  if (message) console.error(message)
  process.exit(exitCode)
}

const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
  if (response.statusCode === 200) finish(0)
  else finish(1, `${url} answered ${response.statusCode}`)
})
request.on('timeout', () => finish(1, `${url} did not answer within ${timeoutMs} ms`))
request.on('error', (error) => finish(1, `${url}: ${error.code ?? error.message}`))
