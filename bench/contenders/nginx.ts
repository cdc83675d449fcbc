import { mkdirSync, writeFileSync } from 'node:fs'
import type { Command } from '../child.ts'
import { which } from '../machine.ts'
import { origin } from '../workload.ts'
import { type Contender, defaultReadyMs, type Setting } from './contender.ts'

/** nginx with like features. It has no SHA-256 of its own, so its key map holds the keys in clear. */
export const nginx: Contender = {
  id: 'nginx',
  title: 'nginx: key map, two limit_req, JSON log, headers',
  needsKey: true,
  mustSend: ['x-request-id', 'x-content-type-options', 'access-control-allow-origin'],
  requestLog: 'requests.log',
  unavailable,
  command,
}

function unavailable(): string | null {
  if (process.platform !== 'linux') return 'measured on Linux only'
  return which('nginx') === null ? 'nginx is not in PATH' : null
}

function command(setting: Setting): Command {
  const { dir, port } = setting
  mkdirSync(`${dir}/temp`)
  writeFileSync(`${dir}/nginx.conf`, configuration(setting))
  return {
    command: which('nginx') ?? 'nginx',
    args: ['-p', dir, '-c', `${dir}/nginx.conf`, '-e', `${dir}/error.log`],
    logFile: `${dir}/output.log`,
    readyUrl: `http://127.0.0.1:${port}/`,
    readyStatus: null,
    readyTimeoutMs: defaultReadyMs,
  }
}

function configuration(setting: Setting): string {
  return `daemon off;
worker_processes 1;
pid ${setting.dir}/nginx.pid;
error_log ${setting.dir}/error.log error;
events { worker_connections 1024; }
http {
${shared(setting)}
${server(setting)}
}
`
}

function shared({ dir, key, upstreamPort }: Setting): string {
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `  ${temps.map((name) => `${name}_temp_path ${dir}/temp/${name};`).join('\n  ')}
  log_format audit escape=json '{"time":"$time_iso8601","id":"$request_id","client":"$remote_addr",'
    '"method":"$request_method","path":"$uri","status":$status,"bytes":$body_bytes_sent,'
    '"ms":$request_time,"key":"$key_id","agent":"$http_user_agent"}';
  access_log ${dir}/requests.log audit;
  server_tokens off;
  keepalive_requests 1000000000;
  map_hash_bucket_size 128;
  map $http_x_api_key $key_id { default ""; "${key.text}" "${key.id}"; }
  map $http_origin $cors_origin { default ""; "${origin}" $http_origin; }
  limit_req_zone $binary_remote_addr zone=by_ip:1m rate=1000000r/s;
  limit_req_zone $key_id zone=by_key:1m rate=1000000r/s;
  upstream api { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }`
}

function server({ port }: Setting): string {
  return `  server {
    listen 127.0.0.1:${port};
    location / {
      if ($key_id = "") { return 401; }
      limit_req zone=by_ip burst=100000 nodelay;
      limit_req zone=by_key burst=100000 nodelay;
      add_header X-Request-Id $request_id always;
      add_header Access-Control-Allow-Origin $cors_origin always;
      add_header Access-Control-Allow-Credentials true always;
      add_header Vary Origin always;
      add_header X-Content-Type-Options nosniff always;
      add_header X-Frame-Options DENY always;
      add_header Referrer-Policy no-referrer always;
      add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
      add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Api-Key "";
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Sallyport-Key-Id $key_id;
      proxy_pass http://api;
    }
  }`
}
