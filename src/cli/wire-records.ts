import type { AuditTrail } from '../adapters/audit.ts'
import type { Log } from '../adapters/log.ts'
import type { Metrics } from '../adapters/metrics.ts'
import type { Audit, AuditRecord } from '../core/audit.ts'

/** @param others who are told of each request, too; none whom nobody can ask */
export function recording(audit: AuditTrail, metrics: Metrics, others: readonly Audit[]) {
  return (record: AuditRecord): void => {
    audit.record(record)
    metrics.record(record)
    for (const other of others) other.record(record)
  }
}

/** The log tells of a sink that fails, and when it works again. */
export function auditTold(log: Log) {
  return (sink: string, problem: string | null): void => {
    if (problem === null) log.info('audit sink works again', { sink })
    else log.error('audit sink cannot be written to', { sink, problem })
  }
}
