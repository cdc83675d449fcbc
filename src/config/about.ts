import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'

/** What people want to know of a policy and no request asks. */
export interface About {
  /** The file as it was written: references, not what they stand for. */
  readonly text: string
  /** Names in each route's `auth`, by the route's id; `none` among them lets requests without a credential in. */
  readonly auth: ReadonlyMap<string, readonly string[]>
  /** The admin token itself stands in `text`, not a reference to it. */
  readonly tokenInFile: boolean
}

export function aboutOf(text: string, sections: Sections, draft: Draft): About {
  const { defaults, admin = null } = sections.single
  const auth = new Map<string, readonly string[]>()
  for (const [index, route] of sections.listed.routes.entries()) {
    if (route === null) continue
    const names = draft.has(['routes', index, 'auth']) ? route.auth : defaults?.auth
    auth.set(route.id, [names ?? []].flat())
  }
  return Object.freeze({
    text,
    auth,
    tokenInFile: admin !== null && !draft.values.isSecret(['admin', 'token']),
  })
}
