import type { AddressInfo } from 'node:net'
import { type AuditTrail, createAudit } from '../adapters/audit.ts'
import { type Back, createBack } from '../adapters/back.ts'
import { MemoryCounters } from '../adapters/counters-memory.ts'
import type { Log } from '../adapters/log.ts'
import { createMetrics, type Metrics } from '../adapters/metrics.ts'
import { loadTested } from '../cases/tested.ts'
import { Gate } from '../http/gate.ts'
import { createOpsServer, type OpsServer } from '../http/probes.ts'
import { createDataServer, type DataServer } from '../http/server.ts'
import { Report } from '../report/report.ts'
import { Current, type Loaded, sendsOf } from '../runtime/current.ts'
import { Drain } from '../runtime/drain.ts'
import { healthOf } from '../runtime/health.ts'
import type { Loading } from '../runtime/load.ts'
import { giveBackMemory } from '../runtime/memory.ts'
import { watchMemory } from '../runtime/overload.ts'
import { RecentRecords } from '../runtime/recent.ts'
import { listenOn } from './listen-on.ts'
import { type AdminNeeds, startAdmin } from './wire-admin.ts'
import { type CountersPart, startCounters } from './wire-counters.ts'
import { auditTold, recording } from './wire-records.ts'
import { startReloading } from './wire-reload.ts'
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
  const loading = loadTested(options.file, options.env, Date.now())
  const failures = loading.compiled === null ? loading.errors : ((await loading.verify?.()) ?? [])
  if (loading.compiled === null || failures.length > 0) {
    throw new PolicyRefused([...failures, ...loading.warnings])
  }
  if (loading.warnings.length > 0) log.warn('policy warnings', { problems: loading.warnings })
  const parts = await makeParts(loading.compiled, options)
  const started = loading.compiled.settings
  const { reloadNow, close } = startReloading({ ...options, ...parts, started, files: loading.files })
  parts.closers.push(close)
  const refresh = (): void => {
    parts.audit.reopen()
    void reloadNow('SIGHUP')
  }
  try {
    giveBackMemory()
    const addresses = await listen(parts, () => startAdmin({ ...parts, ...parts.asked }, reloadNow, log))
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
  /** What the admin API tells of. */
  readonly asked: Pick<AdminNeeds, 'health' | 'circuits' | 'report' | 'recent'>
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
  const report = new Report()
  const recent = new RecentRecords()
  const gate = new Gate({
    live: () => current.loaded,
    clock: { nowMs: Date.now },
    counters: metrics.metered(shared.counters),
    bounds: boundsOf(compiled.settings),
    record: recording(audit, metrics, settings.admin === null ? [] : [report, recent]),
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
  const asked = { health, circuits: () => back.circuits(), report, recent }
  return { current, prepare, audit, data, ops, drain, state, shared, closers, close, asked }
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

/** The audit behind all that may still have something to tell, and the probes last: they are asked until the very end. */
async function closeAll({ ops, back, audit, closers }: Closing): Promise<void> {
  await Promise.all([...closers.map((closer) => closer()), back.close()])
  await audit.close(CLOSE_MS)
  await ops.close()
}
