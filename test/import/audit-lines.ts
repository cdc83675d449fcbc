import { starterOfAudit } from '../../src/import/audit.ts'
import { starterText } from '../../src/import/starter.ts'
import { type ReadLine, readLine } from '../../src/replay/line.ts'

const START_MS = Date.UTC(2026, 10, 20, 10)

/** A line of an audit file, as the fields of a usual one and what differs. */
export function auditLine(atSecond: number, more: object = {}): string {
  return JSON.stringify({
    type: 'request',
    time: new Date(START_MS + atSecond * 1000).toISOString(),
    id: String(atSecond),
    route: 'all',
    method: 'GET',
    path: '/',
    client: '192.0.2.1',
    principal: null,
    outcome: 'forward',
    status: 200,
    ...more,
  })
}

export const asKey = (id: string) => ({
  principal: { kind: 'key', subject: id, org: 'acme', key_id: id, authenticator: 'key' },
})

const EVER = { sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }

/** What `sallyport import audit` makes of lines. */
export async function learnt(lines: Iterable<string>, span: { sinceMs?: number; untilMs?: number } = {}) {
  async function* read(): AsyncGenerator<ReadLine> {
    for (const line of lines) yield readLine(line)
  }
  const imported = await starterOfAudit(read(), { ...EVER, ...span, file: 'audit.jsonl', upstream: null })
  return { ...imported, text: starterText(imported.starter) }
}
