import type { OutlineRoute, OutlineValidate } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import { type Span, spansOf, without } from './spans.ts'
import { between, bytes, counted, listed, quoted } from './words.ts'

type Access = OutlineRoute['access']

/** Client address lists, compared by the addresses that they come to. */
export function compareAccess({ access: before }: OutlineRoute, { access: after }: OutlineRoute): Finding[] {
  const [was, is] = [letIn(before), letIn(after)]
  const how = howOf(before, after)
  const path = ['access']
  return [
    ...(without(is, was).length > 0
      ? [finding('access-wider', `more client addresses are let in: ${how}`, path)]
      : []),
    ...(without(was, is).length > 0
      ? [finding('access-narrower', `fewer client addresses are let in: ${how}`, path)]
      : []),
  ]
}

function letIn({ allow, deny }: Access): readonly Span[] {
  return without(spansOf(allow), spansOf(deny))
}

function howOf(before: Access, after: Access): string {
  const allow =
    before.allow === null || after.allow === null
      ? [
          ...(before.allow === null && after.allow !== null
            ? [`\`allow\` is new with ${listed(after.allow)}`]
            : []),
          ...(after.allow === null && before.allow !== null ? ['`allow` is gone'] : []),
        ]
      : changesOf('allow', before.allow, after.allow)
  return [...allow, ...changesOf('deny', before.deny, after.deny)].join('; ')
}

function changesOf(key: string, before: readonly string[], after: readonly string[]): string[] {
  const { added, gone } = between(before, after)
  return [
    ...(added.length > 0 ? [`\`${key}\` has ${listed(added)} in addition`] : []),
    ...(gone.length > 0 ? [`\`${key}\` no longer has ${listed(gone)}`] : []),
  ]
}

/** What a request must look like. */
export function compareValidate(
  { validate: before }: OutlineRoute,
  { validate: after }: OutlineRoute,
): Finding[] {
  return [...compareSize(before, after), ...compareBody(before, after), ...compareQuery(before, after)]
}

function compareSize({ maxBodyBytes: before }: OutlineValidate, { maxBodyBytes: after }: OutlineValidate) {
  if (before === after) return []
  const now = after === null ? 'bodies may be of any size' : `bodies may be of ${bytes(after)}`
  const then = before === null ? 'any size' : bytes(before)
  const isLooser = (after ?? Number.POSITIVE_INFINITY) > (before ?? Number.POSITIVE_INFINITY)
  const code = isLooser ? 'body-size-looser' : 'body-size-tighter'
  return [finding(code, `${now}, before of ${then}`, ['validate', 'max_body'])]
}

function compareBody({ body: before }: OutlineValidate, { body: after }: OutlineValidate): Finding[] {
  const path = ['validate', 'body']
  if (before?.digest === after?.digest) return []
  if (after === null) {
    return [finding('body-schema-gone', 'bodies are no longer held against a schema', path)]
  }
  const code = before === null ? 'body-schema-added' : 'body-schema-changed'
  const what = before === null ? 'bodies are held against' : 'bodies are held against another schema now:'
  return [finding(code, `${what} ${quoted(after.file)}`, path)]
}

type Query = OutlineValidate['query']

function compareQuery({ query: before }: OutlineValidate, { query: after }: OutlineValidate): Finding[] {
  const path = ['validate', 'query']
  if (before === null && after === null) return []
  if (after === null) return [finding('query-looser', 'the query is no longer looked at', path)]
  if (before === null) return [finding('query-tighter', 'the query is looked at', path)]
  const looser = queryGains(before, after)
  const tighter = queryGains(after, before)
  return [
    ...(looser.length > 0 ? [finding('query-looser', `the query is freer: ${looser.join('; ')}`, path)] : []),
    ...(tighter.length > 0
      ? [finding('query-tighter', `the query is stricter: it was freer in ${tighter.join('; ')}`, path)]
      : []),
  ]
}

/** What `after` lets through and `before` does not. */
function queryGains(before: NonNullable<Query>, after: NonNullable<Query>): string[] {
  const { gone } = between(before.required, after.required)
  const gained = before.allowed === null ? [] : between(before.allowed, after.allowed ?? []).added
  return [
    ...(before.allowed !== null && after.allowed === null ? ['every parameter'] : []),
    ...(gained.length > 0 ? [`parameters ${listed(gained)}`] : []),
    ...(gone.length > 0 ? [`${listed(gone)} not needed`] : []),
    ...(after.maxParams > before.maxParams ? [`up to ${counted(after.maxParams, 'parameter')}`] : []),
    ...(after.repeated && !before.repeated ? ['repeated parameters'] : []),
  ]
}
