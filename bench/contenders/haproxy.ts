import { writeFileSync } from 'node:fs'
import type { Command } from '../child.ts'
import { which } from '../machine.ts'
import { origin } from '../workload.ts'
import { type Contender, defaultReadyMs, type Setting } from './contender.ts'

/** HAProxy with like features: keys looked up in clear, two stick tables, a log line per request. */
export const haproxy: Contender = {
  id: 'haproxy',
  title: 'HAProxy: key map, stick tables, log, headers',
  needsKey: true,
  mustSend: ['x-request-id', 'x-content-type-options', 'access-control-allow-origin'],
  requestLog: 'output.log',
  unavailable,
  command,
}

function unavailable(): string | null {
  if (process.platform !== 'linux') return 'measured on Linux only'
  return which('haproxy') === null ? 'haproxy is not in PATH' : null
}

function command(setting: Setting): Command {
  const { dir, key, port } = setting
  writeFileSync(`${dir}/keys.map`, `${key.text} ${key.id}\n`)
  writeFileSync(`${dir}/haproxy.cfg`, configuration(setting))
  return {
    command: which('haproxy') ?? 'haproxy',
    args: ['-db', '-f', `${dir}/haproxy.cfg`],
    logFile: `${dir}/output.log`,
    readyUrl: `http://127.0.0.1:${port}/`,
    readyStatus: null,
    readyTimeoutMs: defaultReadyMs,
  }
}

function configuration(setting: Setting): string {
  return `global
  nbthread 1
  maxconn 2000
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  option dontlognull
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
${frontend(setting)}
backend api
  http-reuse always
  server api 127.0.0.1:${setting.upstreamPort} pool-max-conn 128
backend by_ip
  stick-table type ip size 100k expire 2m store http_req_rate(1m)
backend by_key
  stick-table type string len 32 size 100k expire 2m store http_req_rate(1m)
`
}

function frontend({ dir, port }: Setting): string {
  return `frontend gate
  bind 127.0.0.1:${port}
  default_backend api
  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
  http-request set-var(txn.key_id) req.hdr(x-api-key),map(${dir}/keys.map)
  http-request deny deny_status 401 unless { var(txn.key_id) -m found }
  http-request track-sc0 src table by_ip
  http-request track-sc1 var(txn.key_id) table by_key
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
  http-request deny deny_status 429 if { sc_http_req_rate(1) gt 1000000000 }
  http-request set-var(txn.origin) req.hdr(origin)
  http-request del-header x-api-key
  http-request set-header x-request-id %[unique-id]
  http-request set-header x-forwarded-for %[src]
  http-request set-header x-forwarded-proto http
  http-request set-header x-sallyport-key-id %[var(txn.key_id)]
  http-response set-header x-request-id %[unique-id]
  http-response set-header access-control-allow-origin ${origin} if { var(txn.origin) -m str ${origin} }
  http-response set-header access-control-allow-credentials true
  http-response set-header vary Origin
  http-response set-header x-content-type-options nosniff
  http-response set-header x-frame-options DENY
  http-response set-header referrer-policy no-referrer
  http-response set-header content-security-policy "default-src 'none'; frame-ancestors 'none'"
  http-response set-header strict-transport-security "max-age=31536000; includeSubDomains"`
}
