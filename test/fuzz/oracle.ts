import type { Script } from './case.ts'
import type { Seen } from './client.ts'
import type { AuditLine } from './gate-child.ts'
import { idOf, isOwn, judgeLines, judgeReplies } from './oracle-reply.ts'
import { judgeForwarded, judgeOrigins } from './oracle-upstream.ts'
import { valuesOf } from './strict-head.ts'
import { type ReplyStream, readReplies, type StrictReply, takeReply } from './strict-reply.ts'
import { readRequests, type StrictRequest } from './strict-request.ts'

/** A stray `100 Continue` is skipped unread, whatever its fields are. */
const CONTINUES = /^(?:HTTP\/1\.1 100 [\s\S]*?\r\n\r\n)+/

/** All that is known of one case once it is over. */
export interface Evidence {
  readonly script: Script
  /** What the client wrote. */
  readonly sent: string
  readonly seen: Seen
  /** What reached the upstream from this client. */
  readonly upstream: readonly StrictRequest[]
  /** What was written down of this client. */
  readonly audit: readonly AuditLine[]
  /** No mutation: nothing may go wrong. */
  readonly isHonest: boolean
}

/** Everything that must not have happened, in words. Pure. */
export function judge(evidence: Evidence): string[] {
  const { sent, seen, upstream, audit, script } = evidence
  const { whole, methods } = readRequests(sent)
  const stream = readReplies(seen.received, methods, seen.hasEnded)
  return [
    ...(seen.isStuck ? ['stuck: neither an answer nor an end'] : []),
    ...judgeReplies(stream, audit),
    ...judgeLines(audit),
    ...upstream.flatMap(judgeForwarded),
    ...judgeOrigins(upstream, audit, whole),
    ...judgeEchoes(stream),
    ...(script.kind === 'reply'
      ? judgeScripted(evidence, stream)
      : judgeHonest(evidence, stream, whole.length)),
  ]
}

/** A reply made by the upstream's echo tells for which request it was made. */
function judgeEchoes({ final }: ReplyStream): string[] {
  return final.flatMap((reply) => {
    const [, id] = /^\{"id":"([^"]*)"/.exec(reply.body) ?? []
    return id === undefined || id === idOf(reply) ? [] : [`reply: of request ${id} given to ${idOf(reply)}`]
  })
}

/** All are answered, unless a reply said that it is the last. */
function judgeHonest({ isHonest }: Evidence, { final, end }: ReplyStream, count: number): string[] {
  const answered = final.length + (end === 'upgraded' ? 1 : 0)
  const isLast = final.at(-1)?.fields.some(({ lower, value }) => lower === 'connection' && value === 'close')
  if (!isHonest || isLast === true || end === 'upgraded' || answered === count) return []
  return [`honest: ${count} requests, ${answered} replies`]
}

/** V87 to V95: whole is what was whole, and what was cut is seen as cut. */
function judgeScripted(evidence: Evidence, stream: ReplyStream): string[] {
  const [first] = stream.final
  if (first === undefined) return isExplained(evidence) ? [] : ['reply: cut, and nobody was told why']
  const meant = meantReply(evidence.script)
  if (isOwn(first)) return isDue(evidence) ? [`honest: answered with ${first.status}`] : []
  return meant === null
    ? [`reply: ${first.status} looks whole, the upstream's was not`]
    : compare(meant, first)
}

/** V95: a connection that another case's upstream ends just then is nobody's fault. */
function isDue({ isHonest, audit }: Evidence): boolean {
  return isHonest && !audit.some(({ code }) => code === 'upstream_unreachable')
}

function compare(meant: StrictReply, got: StrictReply): string[] {
  const isKept = nominates(meant, 'x-int') && valuesOf(got.fields, 'x-int').length > 0
  return [
    ...(isKept ? ['reply: a hop-by-hop field passed'] : []),
    ...(meant.status === got.status ? [] : [`reply: ${meant.status} became ${got.status}`]),
    ...(meant.body === got.body ? [] : ['reply: another body than the upstream sent']),
  ]
}

/** A reply that is cut is a failure with a code. */
function isExplained({ audit, upstream }: Evidence): boolean {
  return upstream.length > 0 && audit.some(({ code }) => code !== null)
}

function nominates({ fields }: StrictReply, lower: string): boolean {
  const names = valuesOf(fields, 'connection').flatMap((value) => value.toLowerCase().split(','))
  return names.some((name) => name.trim() === lower)
}

/** The reply that an upstream's script holds, read strictly; null when there is none that is whole. */
export function meantReply({ writes, asked, ending }: Script): StrictReply | null {
  let rest = writes.join('').replace(CONTINUES, '')
  const hasEnded = ending === 'end' || ending === 'leave'
  for (;;) {
    const taken = takeReply(rest, { isHead: asked === 'HEAD', hasEnded })
    if (taken.state !== 'whole') return null
    if (taken.message.status >= 200) return taken.message
    rest = taken.rest
  }
}
