import { access } from './access/index.ts'
import { auth } from './auth/index.ts'
import { cors } from './cors/index.ts'
import type { PolicyModule } from './define.ts'
import { guard } from './guard/index.ts'
import { identity } from './identity/index.ts'
import { limit } from './limit/index.ts'
import { scopes } from './scopes/index.ts'
import { validate } from './validate/index.ts'

/** Every policy that a route can have. Their order on the request path is in order.ts. */
export const POLICIES: readonly PolicyModule[] = Object.freeze([
  cors,
  access,
  limit,
  auth,
  scopes,
  validate,
  identity,
  guard,
] as readonly PolicyModule[])
