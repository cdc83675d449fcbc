import type { AddressInfo } from 'node:net'
import { type AuditTrail, createAudit } from '../adapters/audit.ts'
import { type Back, createBack } from '../adapters/back.ts'
import { ConcurrentCounters } from '../adapters/counters/places.ts'
import { MemoryCounters } from '../adapters/counters-memory.ts'
import type { Log } from '../adapters/log.ts'
import { createMetrics, type Metrics } from '../adapters/metrics.ts'
import { Gate } from '../http/gate.ts'
import { createOpsServer, type Health, type OpsServer } from '../http/probes.ts'
import { createDataServer, type DataServer } from '../http/server.ts'
import { Current, type Loaded, sendsOf } from '../runtime/current.ts'
import { Drain } from '../runtime/drain.ts'
import { healthOf } from '../runtime/health.ts'
import { type Loading, loadPolicy } from '../runtime/load.ts'
import { giveBackMemory } from '../runtime/memory.ts'
import { watchMemory } from '../runtime/overload.ts'
import { reload } from '../runtime/reload.ts'
import { watchFiles } from '../runtime/watch.ts'
import { listenOn } from './listen-on.ts'
import { startAdmin } from './wire-admin.ts'
import { type CountersPart, startCounters } from './wire-counters.ts'
import { startStore } from './wire-store.ts'

/** The whole program, running. */
export interface Running {
  readonly data: AddressInfo
  readonly ops: AddressInfo
  /** null: the policy asks for none. */
  readonly admin: AddressInfo | null
  readonly hash: string
  readonly routes: number
  /** Reads the policy again and opens audit files anew: what SIGHUP asks for. */
  readonly refresh: () => void
  readonly drain: Drain
  /** Last words of a process that must end now. */
  readonly flushNow: () => void
}

export interface RunOptions {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
}

/** How long closing may take when everything is over already. */
const CLOSE_MS = 1000

/** A policy that cannot be used, told to whoever started the program. */
export class PolicyRefused extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super('the policy is refused')
    this.problems = problems
  }
}

/**
 * Makes all parts, joins them and listens. This is the one place that knows them all.
 * @throws PolicyRefused, or the error of an audit sink or a socket
 */
export async function run(options: RunOptions): Promise<Running> {
  const { log } = options
  const loading = loadPolicy(options.file, options.env, Date.now())
  if (loading.compiled === null) throw new PolicyRefused([...loading.errors, ...loading.warnings])
  if (loading.warnings.length > 0) log.warn('policy warnings', { problems: loading.warnings })
  const parts = await makeParts(loading.compiled, options)
  const { refresh, reloadNow } = startReloading(parts, loading, options)
  try {
    giveBackMemory()
    const addresses = await listen(parts, () => startAdmin(parts, reloadNow, log))
    parts.state.started = true
    const { hash, routes } = parts.current.loaded.policy
    const flushNow = () => parts.audit.flushNow()
    return { ...addresses, hash, routes: routes.length, refresh, drain: parts.drain, flushNow }
  } catch (error) {
    await parts.close()
    throw error
  }
}

/** Ends what was started beside the listeners. */
type Closer = () => void | Promise<void>

interface Parts {
  readonly current: Current
  readonly prepare: (compiled: NonNullable<Loading['compiled']>) => Loaded
  readonly audit: AuditTrail
  readonly data: DataServer
  readonly ops: OpsServer
  readonly drain: Drain
  readonly state: { started: boolean }
  readonly health: () => Health
  readonly circuits: Back['circuits']
  readonly shared: CountersPart
  readonly closers: Closer[]
  readonly close: () => Promise<void>
}

async function makeParts(
  compiled: NonNullable<Loading['compiled']>,
  { file, log }: RunOptions,
): Promise<Parts> {
  const audit = createAudit({ sinks: compiled.settings.audit.sinks, onProblem: auditTold(log) })
  const back = createBack({ onChange: (upstream, state) => log.warn('circuit', { upstream, state }) })
  const local = new MemoryCounters()
  const { settings } = compiled
  const stored = await startStore({ file, settings, counters: local, log })
  const shared = await startCounters({ redis: settings.redis, local, audit, log })
  const { counters } = shared
  const prepare = preparing(back, () => metrics)
  const metrics: Metrics = createMetrics({
    policy: () => policyNumbers(current),
    circuits: () => back.circuits(),
    counters: () => local.stats(),
    sharedStore: shared.status,
    auditDropped: () => audit.state().dropped,
    connections: () => data.connections(),
    connectionsDropped: () => data.dropped(),
    inFlight: () => gate.inFlight,
    pressure: () => overload.pressure,
  })
  const current = new Current(prepare(compiled))
  const gate = new Gate({
    live: () => current.loaded,
    clock: { nowMs: Date.now },
    counters: metrics.metered(new ConcurrentCounters(counters)),
    bounds: boundsOf(compiled.settings),
    record: (record) => {
      audit.record(record)
      metrics.record(record)
    },
    isDraining: () => drain.isDraining,
    pressure: () => overload.pressure,
  })
  const data = await createDataServer(gate, serverSettings(compiled.settings))
  const overload = watchMemory(compiled.settings.server.maxMemoryBytes, data, log)
  const state = { started: false }
  const health = () =>
    healthOf({
      current,
      circuits: back.circuits(),
      audit: audit.state(),
      store: stored.state(),
      sharedStore: shared.status?.() ?? null,
      ...state,
      draining: drain.isDraining,
    })
  const ops = createOpsServer({ health, metrics })
  const closers: Closer[] = [() => overload.stop(), stored.close, shared.close]
  const close = () => closeAll({ ops, back, audit, closers })
  const drain: Drain = new Drain({
    delayMs: () => current.loaded.settings.drain.delayMs,
    graceMs: () => current.loaded.settings.drain.graceMs,
    stop: () => data.stop(),
    cut: () => data.cut(),
    inFlight: () => gate.inFlight,
    close,
    log,
  })
  const circuits = () => back.circuits()
  return { current, prepare, audit, data, ops, drain, state, health, circuits, shared, closers, close }
}

function auditTold(log: Log) {
  return (sink: string, problem: string | null): void => {
    if (problem === null) log.info('audit sink works again', { sink })
    else log.error('audit sink cannot be written to', { sink, problem })
  }
}

/** What a new policy needs of the parts that outlive it. */
function preparing(back: Back, metrics: () => Metrics): Parts['prepare'] {
  return ({ policy, settings, about }) => {
    const sendOf = sendsOf(policy, (upstream) => back.send(upstream))
    back.apply([...settings.upstreams.values()])
    metrics().setRoutes(policy.routes.map(({ id }) => id))
    return Object.freeze({ policy, settings, about, sendOf, loadedAtMs: Date.now() })
  }
}

function policyNumbers({ loaded, lastReload }: Current) {
  return { hash: loaded.policy.hash, loadedAtMs: loaded.loadedAtMs, lastReloadGood: lastReload.good }
}

type Settings = Loaded['settings']

function boundsOf({ server }: Settings) {
  return {
    maxHeaders: server.maxHeaders,
    maxTargetBytes: server.maxTargetBytes,
    idleMs: server.timeout.idleMs,
  }
}

function serverSettings({ server }: Settings) {
  return {
    maxConnections: server.maxConnections,
    maxHeaderBytes: server.maxHeaderBytes,
    headersTimeoutMs: server.timeout.headersMs,
    requestTimeoutMs: server.timeout.requestMs,
    keepAliveTimeoutMs: server.timeout.keepAliveMs,
    idleTimeoutMs: server.timeout.idleMs,
  }
}

interface Reloading extends Pick<Running, 'refresh'> {
  readonly reloadNow: (why: string) => void
}

/** Watches the policy's files from now on. */
function startReloading(parts: Parts, loading: Loading, { file, env, log }: RunOptions): Reloading {
  const { current, prepare, audit } = parts
  const load = () => loadPolicy(file, env, Date.now())
  const again = (why: string) => reload({ current, load, prepare, log, nowMs: Date.now }, why)
  const watcher = watchFiles(loading.files, { onChange: () => again('the file changed') })
  parts.closers.push(() => watcher.close())
  const reloadNow = (why: string): void => watcher.accept(again(why))
  const refresh = (): void => {
    audit.reopen()
    reloadNow('SIGHUP')
  }
  return { refresh, reloadNow }
}

/** Ops first, so that probes are answered from the very start. */
async function listen(
  { current, ops, data }: Parts,
  startAdmin: () => Promise<AddressInfo | null>,
): Promise<Pick<Running, 'ops' | 'admin' | 'data'>> {
  const { settings } = current.loaded
  const opsAddress = await listenOn('ops', settings.ops, ops.listen)
  const admin = await startAdmin()
  return { ops: opsAddress, admin, data: await listenOn('listen', settings.listen, data.listen) }
}

interface Closing {
  readonly ops: OpsServer
  readonly back: Back
  readonly audit: AuditTrail
  readonly closers: readonly Closer[]
}

/** The audit last: everything else may still have something to tell. */
async function closeAll({ ops, back, audit, closers }: Closing): Promise<void> {
  await Promise.all([...closers.map((closer) => closer()), ops.close(), back.close()])
  await audit.close(CLOSE_MS)
}
