import type { AuditLine } from './gate-child.ts'
import { type StrictField, valuesOf } from './strict-head.ts'
import type { ReplyStream, StrictReply } from './strict-reply.ts'

const REQUEST_ID = /^[0-9a-f]{32}$/
/** What speaks of the upstream's connection or of its software has no business with the client. */
const NEVER_TO_CLIENT = ['proxy-authenticate', 'proxy-connection', 'te', 'upgrade', 'server', 'x-powered-by']
const PROBLEM = 'application/problem+json'

export function idOf({ fields }: StrictReply): string {
  return valuesOf(fields, 'x-request-id')[0] ?? ''
}

/** Whether Sallyport wrote it itself. */
export function isOwn({ fields }: StrictReply): boolean {
  return valuesOf(fields, 'content-type').includes(PROBLEM)
}

/** What is wrong with the replies of one connection, whatever was asked. */
export function judgeReplies(stream: ReplyStream, audit: readonly AuditLine[]): string[] {
  const problems = stream.final.flatMap((reply) => judgeReply(reply, audit))
  return stream.end === 'malformed' ? [...problems, `reply: malformed: ${stream.why}`] : problems
}

function judgeReply(reply: StrictReply, audit: readonly AuditLine[]): string[] {
  const ids = valuesOf(reply.fields, 'x-request-id')
  if (ids.length !== 1 || !REQUEST_ID.test(ids[0] ?? ''))
    return [`reply: x-request-id ${JSON.stringify(ids)}`]
  return [...judgeFields(reply.fields), ...judgeStatus(reply), ...judgeAudit(reply, audit)]
}

function judgeFields(fields: readonly StrictField[]): string[] {
  return NEVER_TO_CLIENT.filter((name) => valuesOf(fields, name).length > 0).map(
    (name) => `reply: ${name} reached the client`,
  )
}

function judgeStatus(reply: StrictReply): string[] {
  return reply.status === 500 && isOwn(reply) ? ['reply: 500 of our own'] : []
}

function judgeAudit(reply: StrictReply, audit: readonly AuditLine[]): string[] {
  const lines = audit.filter(({ id }) => id === idOf(reply))
  if (lines.length !== 1) return [`audit: ${lines.length} lines for a reply`]
  const [line] = lines
  return line?.status === reply.status
    ? []
    : [`audit: status ${line?.status} for a reply with ${reply.status}`]
}

/** Lines that tell of an error of Sallyport's own, which no input may cause. */
export function judgeLines(audit: readonly AuditLine[]): string[] {
  return audit.flatMap(({ code, why }) => (code === 'internal' ? [`audit: internal error: ${why}`] : []))
}
