import type { Past } from '../explain/explanation.ts'
import type { Io } from './command.ts'
import { counted } from './counted.ts'
import { checksTable, pairs, section, shown, styled } from './explain-parts.ts'

/** What became of a request, for people. */
export function pastText(past: Past, io: Io): string {
  return [
    headline(past, io),
    section('Request', requestText(past), io),
    section('Checks', checksTable(past.checks), io),
    section('Mind', warningsOf(past), io),
  ].join('')
}

const DONE: Readonly<Record<Past['outcome'], string>> = {
  forward: 'was forwarded',
  answer: 'was answered here',
  refuse: 'was refused',
  malformed: 'was refused at the front door',
}

function headline({ method, path, outcome, code, status, title, why, help }: Past, io: Io): string {
  const asked = shown(`${method ?? 'a request'} ${path ?? ''}`.trim())
  const isRefused = outcome === 'refuse' || outcome === 'malformed'
  const reply = status === 0 ? 'no reply could be sent' : `the reply was ${status}`
  const lines = [
    styled(
      `${asked} ${DONE[outcome]}${code === null ? '' : `, ${shown(code)}`}; ${reply}`,
      isRefused || code !== null ? 'bad' : 'good',
      io,
    ),
    ...(title === null ? [] : [`  the client is told: ${shown(title)}`]),
    ...(why === null ? [] : [`  why: ${shown(why)}`]),
    ...(help === null ? [] : [`  what to do: ${shown(help)}`]),
  ]
  return `${lines.join('\n')}\n`
}

function requestText(past: Past): string {
  const { upstream, upstream_ms: upstreamMs, retries } = past
  const waited = upstreamMs === null ? '' : `, answered after ${Math.round(upstreamMs)} ms`
  return pairs([
    ['id', past.id],
    ['at', past.at],
    ['route', past.route],
    ['host', past.host],
    ['client', past.client],
    ['who', whoText(past)],
    [
      'upstream',
      upstream === null
        ? null
        : `${upstream}${waited}${retries > 0 ? `, ${counted(retries, 'retry', 'retries')}` : ''}`,
    ],
    ['bytes', `${past.bytes_in} in, ${past.bytes_out} out`],
    ['took', `${Math.round(past.duration_ms)} ms`],
    ['policy', `${past.policy}${inForceText(past)}`],
  ])
}

function whoText({ principal: { kind, subject, org, key_id: keyId } }: Past): string {
  if (kind === 'anonymous') return 'anonymous'
  const named = kind === 'key' ? `key ${keyId}` : `token of ${subject}`
  return org === '' ? named : `${named}, org ${org}`
}

function inForceText({ is_in_force: isInForce }: Past): string {
  if (isInForce === null) return ''
  return isInForce ? ', which is in force' : ', which is no longer in force'
}

function warningsOf({ reported, warnings, is_aborted: isAborted }: Past): string {
  const told = [
    ...reported.map((code) => `report mode let a refusal through: ${code}`),
    ...warnings.map((warning) => `a quota reached a share at which it warns: ${warning}`),
    ...(isAborted ? ['the client left before the reply was complete'] : []),
  ]
  return told.map((line) => `${shown(line)}\n`).join('')
}
