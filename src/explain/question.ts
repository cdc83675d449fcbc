import { METHODS } from 'node:http'
import { z } from 'zod'
import { canonicalAddress } from '../core/address.ts'
import { TOKEN_CHARS } from '../core/headers.ts'
import { parseAuthority } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import type { Claim } from '../core/ports.ts'
import { newRequestId } from '../http/request-id.ts'
import type { Described } from '../judge/described.ts'
import { holdsKey } from '../policies/key/format.ts'

const MAX_TARGET = 16_384
const MAX_VALUE = 16_384
const MAX_VALUES = 200
const MAX_TEXT = 256
const MAX_BODY = 65_536
const NAME = new RegExp(`^[${TOKEN_CHARS}]{1,256}$`)
/** What the parser of the gate lets through (RFC 9110 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const TARGET = /^[\x21-\x7e\x80-\xff]+$/

const value = z.string().max(MAX_VALUE).regex(VALUE)

/** A request that nobody sent, as people write it. */
export const requestQuestionSchema = z
  .strictObject({
    method: z.string().max(MAX_TEXT).optional().meta({ description: 'Default: GET.' }),
    target: z
      .string()
      .min(1)
      .max(MAX_TARGET)
      .regex(TARGET)
      .meta({ description: 'Path and query, or a URL, whose host counts when no other is given.' }),
    host: z.string().min(1).max(MAX_TEXT).optional().meta({
      description: 'The Host header. Default: the first of `hosts`, or localhost.',
    }),
    headers: z
      .record(z.string().regex(NAME), z.union([value, z.array(value).max(MAX_VALUES)]))
      .optional()
      .meta({ description: 'Header fields by name; a list for a field that comes more than once.' }),
    key: z.string().min(1).max(MAX_TEXT).optional().meta({
      description: 'The id of the key that the request shows, never the key itself.',
    }),
    ip: z.string().min(1).max(MAX_TEXT).optional().meta({
      description: 'The address at the other end of the connection. Default: 127.0.0.1.',
    }),
    at: z.string().min(1).max(MAX_TEXT).optional().meta({
      description: 'A time such as 2026-11-20T14:00:00Z. Default: now.',
    }),
    body: z.string().max(MAX_BODY).optional(),
  })
  .meta({ description: 'A request that nobody sent.' })

export const pastQuestionSchema = z
  .strictObject({ request_id: z.string().regex(/^[0-9a-f]{32}$/) })
  .meta({ description: 'A request of late, by the id that its reply carried.' })

export const questionSchema = z.union([requestQuestionSchema, pastQuestionSchema])

export type RequestQuestion = z.output<typeof requestQuestionSchema>
export type Question = z.output<typeof questionSchema>

/** What is to be judged. */
export interface Asked {
  readonly described: Described
  readonly claim: Claim | undefined
}

/** A question that cannot be answered; names of its fields stand in back quotes. */
export class BadQuestion extends Error {}

const LOOPBACK = '127.0.0.1'
const URL_TARGET = /^https?:\/\/([^/?#]*)(.*)$/i

/** The request as the gate would get it. @throws BadQuestion */
export function askedOf(question: RequestQuestion, policy: Policy, nowMs: number): Asked {
  const { key, body } = question
  const method = question.method ?? 'GET'
  if (!METHODS.includes(method)) throw new BadQuestion(methodMistake(method))
  mustBeId(key)
  const own = Object.entries(question.headers ?? {}).flatMap(([name, values]) =>
    [values].flat().flatMap((one) => [name, one]),
  )
  const names = own.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  if (key !== undefined && names.some((name) => policy.credentialNames.has(name))) {
    throw new BadQuestion('`key` is the id of a key, and `headers` hold a credential: one or the other')
  }
  const { host, target } = placeOf(question, policy)
  const described: Described = {
    method,
    target,
    fields: names.includes('host') ? own : ['host', host, ...own],
    peer: addressOf(question.ip ?? LOOPBACK),
    atMs: timeOf(question.at, nowMs),
    id: newRequestId(),
    body: body === undefined ? null : Buffer.from(body),
  }
  return { described, claim: key === undefined ? undefined : { kind: 'key', id: key, authenticator: null } }
}

/** @throws BadQuestion, which does not show it */
function mustBeId(key: string | undefined): void {
  if (key === undefined || !holdsKey(key)) return
  throw new BadQuestion('`key` is a key itself: give its id instead, the `id` of its entry in `keys`')
}

/** A client that sends it is told 400 by the parser, before there is a request to be judged. */
function methodMistake(method: string): string {
  const upper = method.toUpperCase()
  const what = METHODS.includes(upper) ? `is written ${upper}, in upper case` : 'is none that the gate knows'
  return `\`method\` ${what}: to this one it answers 400 request_malformed`
}

/** A URL stands for its path and its host; with another host than its own it goes as it is, and is refused. */
function placeOf({ target, host }: RequestQuestion, policy: Policy): { host: string; target: string } {
  const [, authority, rest = ''] = URL_TARGET.exec(target) ?? []
  if (authority === undefined) return { host: host ?? defaultHost(policy), target }
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return { host, target }
  if (parseAuthority(authority) === null)
    throw new BadQuestion('`target` is a URL without a well-formed host')
  return { host: authority, target: rest.startsWith('/') ? rest : `/${rest}` }
}

function defaultHost({ hosts }: Policy): string {
  if (hosts === null) return 'localhost'
  const [exact] = hosts.exact
  return exact ?? `any${hosts.suffixes[0] ?? ''}`
}

function addressOf(text: string): string {
  const address = canonicalAddress(text)
  if (address === null) throw new BadQuestion('`ip` is no address')
  return address
}

const TIME = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

function timeOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs
  if (!TIME.safeParse(text).success) {
    throw new BadQuestion('`at` is no time: write 2026-11-20T14:00:00Z, or a date')
  }
  return Date.parse(text)
}
