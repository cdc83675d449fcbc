import type { AddressInfo } from 'node:net'
import type { Log } from '../adapters/log.ts'
import type { AdminParts } from '../admin/server.ts'
import { listenOn } from './listen-on.ts'
import type { CountersPart } from './wire-counters.ts'

export interface AdminNeeds
  extends Pick<AdminParts, 'current' | 'audit' | 'health' | 'circuits' | 'report' | 'recent'> {
  readonly shared: CountersPart
  readonly closers: (() => void | Promise<void>)[]
}

/**
 * Starts the admin listener if the policy asks for one.
 * @throws Error that names the setting when it cannot listen there
 */
export async function startAdmin(
  needs: AdminNeeds,
  reload: AdminParts['reload'],
  log: Log,
): Promise<AddressInfo | null> {
  const { admin } = needs.current.loaded.settings
  if (admin === null) return null
  // It brings plug-ins of its own, which most gates can do without.
  const { createAdminServer } = await import('../admin/server.ts')
  const { listen, token } = admin
  const { counters, status: store } = needs.shared
  const server = await createAdminServer({ ...needs, counters, store, reload, log, host: listen.host, token })
  needs.closers.push(() => server.close())
  return listenOn('admin', listen, server.listen)
}
