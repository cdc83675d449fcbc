import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Route } from '../core/policy.ts'
import type { Current } from '../runtime/current.ts'
import type { Reloaded } from '../runtime/reload.ts'
import { answers, isoTime, jsonOf, timeSchema } from './describe.ts'
import { auditOrder, type OrderParts, whyOf } from './order.ts'
import { refuse } from './problem.ts'

export interface PolicyParts extends OrderParts {
  readonly current: Current
  /** Reads the file again. `why` is for the log line that tells of it. It never rejects. */
  readonly reload: (why: string) => Promise<Reloaded>
}

const policySchema = z.object({
  hash: z.string(),
  loaded_at: timeSchema,
  last_reload: z.object({
    good: z.boolean(),
    at: timeSchema,
    problems: z.array(z.string()).meta({ description: 'Each as `file:line:col: message`.' }),
  }),
  route_count: z.uint32(),
  routes: z.array(
    z.object({
      id: z.string(),
      pattern: z.string(),
      methods: z.array(z.string()),
      auth: z.array(z.string()).meta({ description: 'Authenticators; `none` lets anybody in.' }),
      checks: z.array(z.string()).meta({ description: 'What is asked, in order.' }),
      upstream: z.string(),
      mode: z.enum(['enforce', 'partly', 'report']),
      reported: z.array(z.string()).meta({ description: 'Checks that are only reported.' }),
      enforced_percent: z
        .uint32()
        .meta({ description: 'The share of principals to whom these are enforced all the same.' }),
      websocket: z.boolean(),
    }),
  ),
})

const reloadedSchema = z.object({
  hash: z.string(),
  before: z.string().meta({ description: 'The hash before; the same one when nothing has changed.' }),
  loaded_at: timeSchema,
})

/** `/policy`: what is in force, its text, and the order to read the file again. */
export function policyRoutes(app: FastifyInstance, parts: PolicyParts): void {
  getPolicy(app, parts)
  getText(app, parts)
  postReload(app, parts)
}

function getPolicy(app: FastifyInstance, { current }: PolicyParts): void {
  app.get(
    '/policy',
    { schema: { summary: 'The policy in force', response: answers(jsonOf(policySchema)) } },
    async (): Promise<z.input<typeof policySchema>> => {
      const { loaded, lastReload } = current
      const { hash, routes } = loaded.policy
      return {
        hash,
        loaded_at: isoTime(loaded.loadedAtMs),
        last_reload: {
          good: lastReload.good,
          at: isoTime(lastReload.atMs),
          problems: [...lastReload.problems],
        },
        route_count: routes.length,
        routes: routes.map((route) => ({
          ...shown(route),
          auth: [...(loaded.about.auth.get(route.id) ?? [])],
        })),
      }
    },
  )
}

function shown({ id, pattern, methods, checks, upstream, mode, reporting, websocket }: Route) {
  return {
    id,
    pattern,
    methods: [...methods],
    checks: checks.map(({ name }) => name),
    upstream: upstream.name,
    mode,
    reported: [...(reporting?.checks ?? [])],
    enforced_percent: reporting?.enforcedPercent ?? PERCENT,
    websocket,
  }
}

const PERCENT = 100

const textAnswer = { description: 'The text.', content: { 'text/yaml': { schema: { type: 'string' } } } }

function getText(app: FastifyInstance, { current, token }: PolicyParts): void {
  const response = answers(textAnswer, { 409: 'The file holds the admin token itself.' })
  app.get('/policy/text', { schema: { summary: 'The file as it was written', response } }, (_, reply) => {
    const { text, tokenInFile } = current.loaded.about
    // The running token too: the file may hold it in a comment, or as the token that came before the present one.
    if (tokenInFile || token.isIn(text)) return refuse(reply, 'policy_text_refused')
    return reply.type('text/yaml; charset=utf-8').send(text)
  })
}

function postReload(app: FastifyInstance, parts: PolicyParts): void {
  const { current } = parts
  const schema = {
    summary: 'Read the policy file again',
    body: jsonOf(z.strictObject({}).meta({ description: 'Nothing, or an empty object.' })),
    response: answers(jsonOf(reloadedSchema), {
      409: 'The file cannot be used; the old policy stays.',
      412: 'The policy in force is not the one that `if-match` names.',
      422: 'The body is something else.',
    }),
  }
  app.post('/policy/reload', { schema }, async (request, reply) => {
    const before = current.loaded.policy.hash
    if (!isMatch(request.headers['if-match'], before)) {
      return refuse(reply, 'policy_changed', { detail: `The policy in force is ${before}.` })
    }
    const { loaded, lastReload } = await reloadFor(request, parts)
    if (lastReload.good) {
      return reply.send({ hash: loaded.policy.hash, before, loaded_at: isoTime(loaded.loadedAtMs) })
    }
    const { problems } = lastReload
    return refuse(reply, 'policy_refused', { problems, detail: `The policy ${before} stays in force.` })
  })
}

/** RFC 9110 13.1.1: one of the tags has to be the hash in force; a weak one never is. */
function isMatch(field: string | undefined, hash: string): boolean {
  return field === undefined || field.split(',').some((tag) => ['*', `"${hash}"`].includes(tag.trim()))
}

/** Reloads, with one line in the log and one in the audit. */
async function reloadFor(request: FastifyRequest, parts: PolicyParts): Promise<Reloaded> {
  const { current, reload, token } = parts
  const before = current.loaded.policy.hash
  const reloaded = await reload(whyOf(request, token))
  auditOrder(request, parts, {
    action: 'policy.reload',
    good: reloaded.lastReload.good,
    before,
    after: reloaded.loaded.policy.hash,
  })
  return reloaded
}
