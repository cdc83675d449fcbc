import type { AddressInfo } from 'node:net'
import type { ListenAddress } from '../config/schema-values.ts'

type Listen = (host: string, port: number) => Promise<AddressInfo>

/** Listens at the address of the setting `key`. @throws Error that names the setting, and says what can be done */
export async function listenOn(
  key: string,
  { host, port }: ListenAddress,
  listenAt: Listen,
): Promise<AddressInfo> {
  try {
    return await listenAt(host, port)
  } catch (error) {
    throw new Error(`\`${key}: ${host}:${port}\`: ${reason(error)}`, { cause: error })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program',
  EACCES: 'not allowed to listen there; ports below 1024 may need a privilege',
  EADDRNOTAVAIL: 'this machine has no such address',
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return (
    ('code' in error && typeof error.code === 'string' ? REASONS[error.code] : undefined) ?? error.message
  )
}
