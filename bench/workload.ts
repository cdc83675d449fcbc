/** What every contender is asked for and what it has to answer. */
export const connections = 64
export const bodyBytes = 361
export const origin = 'https://shop.example.com'
export const demoPath = '/api/orders/42'

/** One JSON reply of 361 bytes. */
export function replyBody(): string {
  const order = { id: 42, status: 'shipped', customer: 'acme', total: 129.9, currency: 'EUR', note: '' }
  order.note = 'x'.repeat(bodyBytes - JSON.stringify(order).length)
  return JSON.stringify(order)
}

export function requestHeaders(key: string | null): Record<string, string> {
  const headers = {
    'user-agent': 'sallyport-bench/1',
    accept: 'application/json, text/plain, */*',
    'accept-encoding': 'gzip, deflate, br',
    origin,
  }
  return key === null ? headers : { ...headers, 'x-api-key': key }
}

export function requestBytes(port: number, path: string, key: string | null): Buffer {
  const lines = Object.entries(requestHeaders(key)).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`, 'latin1')
}
