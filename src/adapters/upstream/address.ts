import { isIP, type TcpSocketConnectOpts } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Upstream } from '../../core/policy.ts'

/** Where an upstream is, and how its connections are kept. */
export type Address = TcpSocketConnectOpts & { readonly host: string; readonly port: number }

const PROBE_AFTER_MS = 60_000

/** @param url `http://host:port` or `https://host:port` */
export function addressOf(url: string): { readonly address: Address; readonly isTls: boolean } {
  const { protocol, hostname, port } = new URL(url)
  const isTls = protocol === 'https:'
  const address = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (isTls ? 443 : 80)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
  }
  return { address, isTls }
}

/** Names the upstream by the policy, never by the Host header: what is verified must be what was meant. */
export function tlsOptions(address: Address, tls: Upstream['tls']): ConnectionOptions {
  const name = tls.serverName ?? address.host
  return {
    ...address,
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
  }
}
