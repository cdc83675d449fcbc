import type { Registry } from 'prom-client'
import type { StoreStatus } from './counters-fallback.ts'
import { counter, gauge } from './metrics-prom.ts'

const STATES = ['closed', 'open', 'half_open'] as const

/** Numbers of the shared store. */
export function registerStore(registry: Registry, status: () => StoreStatus): void {
  const stateHelp = '1 for the state that the shared store is in.'
  gauge(registry, 'sallyport_store_state', stateHelp, ['state'], (set) => {
    const { name } = status()
    for (const state of STATES) set({ state }, state === name ? 1 : 0)
  })
  const errorsHelp = 'Calls of the shared store, and trials of it, that failed.'
  counter(registry, 'sallyport_store_errors_total', errorsHelp, [], (add) => add({}, status().failures))
  const fallbackHelp = 'Charges that were not made in the shared store, by what was done instead.'
  counter(registry, 'sallyport_limit_fallback_total', fallbackHelp, ['mode'], (add) => {
    for (const [mode, count] of Object.entries(status().instead)) add({ mode }, count)
  })
}
