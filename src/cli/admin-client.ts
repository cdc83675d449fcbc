import { Draft } from '../config/draft.ts'
import { formatProblem, Problems, visible } from '../config/issues.ts'
import { readBounded, readerBeside } from '../config/read.ts'
import { adminSchema } from '../config/schema-server.ts'
import type { ListenAddress } from '../config/schema-values.ts'
import { MAX_FILE_BYTES, parseYaml } from '../config/yaml.ts'
import { valuesOf } from '../config/yaml-values.ts'
import type { Io } from './command.ts'
import { WrongUse } from './options.ts'

/** Where an admin listener is, and what it asks for. */
export interface AdminDoor {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

/** The question was right, but there is no answer; the message holds no secret. */
export class NoAnswer extends Error {}

const TOKEN_NAME = 'SALLYPORT_ADMIN_TOKEN'
/** As the listener reads it; and what fetch cannot send it would quote in its error. */
const TOKEN = /^[\x21-\x7e]{1,1024}$/
const TIMEOUT_MS = 3000
const MAX_REPLY_BYTES = 8 * 1024 * 1024
const MAX_SHOWN = 300

/**
 * By URL with the token of the environment, or by what a policy file says of its admin listener.
 * @throws WrongUse or NoAnswer
 */
export function adminDoor(url: string | undefined, policy: string, env: Io['env']): AdminDoor {
  const door = url === undefined ? doorInPolicy(policy, env) : { url: originOf(url), token: tokenIn(env) }
  if (!TOKEN.test(door.token)) throw new NoAnswer('the token holds what no header field can carry')
  return door
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === ''
  // A URL may hold a password, so it is not shown.
  if (!isPlain || url.search + url.hash !== '')
    throw new WrongUse('--admin takes a URL such as http://127.0.0.1:9902')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function tokenIn(env: Io['env']): string {
  const token = env[TOKEN_NAME] ?? ''
  if (token === '') throw new WrongUse(`with --admin the token comes from ${TOKEN_NAME}, which is not set`)
  return token
}

/** Other parts of the file may hold references that only the gate can resolve, so only this part is judged. */
function doorInPolicy(file: string, env: Io['env']): AdminDoor {
  const problems = new Problems(file)
  const yaml = parseYaml(textOf(file), problems)
  if (yaml === null) throw new NoAnswer(problems.list().map(formatProblem).join('\n'))
  const values = valuesOf(yaml, { env, readText: readerBeside(file) }, problems)
  const { admin } = values.root
  if (admin === undefined) {
    throw new NoAnswer(`${shown(file)} has no \`admin\`, so its gate has no admin listener to ask`)
  }
  const earlier = new Set(problems.list().map(formatProblem))
  const settings = new Draft(values, problems).parse(adminSchema, ['admin'])
  if (settings !== null) return { url: urlOf(settings.listen, file), token: settings.token }
  // Of the rest of the file nothing: only what is said now, and references of these two that lead nowhere.
  const own = [values.valueAt(['admin', 'token']), values.valueAt(['admin', 'listen'])]
  const told = problems.list().filter((one) => {
    return (
      !earlier.has(formatProblem(one)) || own.some(({ line, col }) => one.line === line && one.col === col)
    )
  })
  if (told.length === 0) throw new NoAnswer(`\`admin\` in ${shown(file)} is wrong`)
  throw new NoAnswer(told.map(formatProblem).join('\n'))
}

function textOf(file: string): string {
  try {
    return readBounded(file, MAX_FILE_BYTES)
  } catch (error) {
    throw new WrongUse(
      `${shown(file)} cannot be read: ${messageOf(error)}; write --policy FILE or --admin URL`,
    )
  }
}

/** Whoever listens everywhere also listens on loopback. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

function urlOf({ host, port }: ListenAddress, file: string): string {
  if (port === 0) throw new WrongUse(`\`admin.listen\` in ${shown(file)} names no port: write --admin URL`)
  const name = LOOPBACK[host] ?? host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/**
 * Asks the admin listener for JSON.
 * @param body what is sent with a POST; absent is a GET
 * @throws NoAnswer when it does not answer in time, or not with JSON
 */
export async function askAdmin({ url, token }: AdminDoor, path: string, body?: object): Promise<AdminAnswer> {
  const authorization = `Bearer ${token}`
  const post = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } }
  const how = body === undefined ? { headers: { authorization } } : { ...post, body: JSON.stringify(body) }
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const reply = await fetch(`${url}${path}`, { ...how, signal, redirect: 'error' })
    return { status: reply.status, body: JSON.parse(await boundedText(reply)) }
  } catch (error) {
    throw new NoAnswer(`${shown(url)}: ${reasonOf(error)}`)
  }
}

async function boundedText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body ?? []) {
    bytes += piece.length
    if (bytes > MAX_REPLY_BYTES) throw new Error('the answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; does the gate run, and does its policy have `admin`?',
  ECONNRESET: 'the connection was cut; is that the admin listener?',
  TimeoutError: `no answer within ${TIMEOUT_MS / 1000} s`,
  SyntaxError: 'this is not the answer of an admin listener',
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return visible(String(cause), MAX_SHOWN)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return REASONS[code] ?? REASONS[cause.name] ?? visible(cause.message, MAX_SHOWN)
}

const messageOf = (error: unknown): string =>
  visible(error instanceof Error ? error.message : String(error), MAX_SHOWN)

const shown = (text: string): string => visible(text, MAX_SHOWN)
