import type { Part, RouteEnv } from '../policies/define.ts'

/** All that a part is made of: the policy's key, what the file says, and what it learns of its route. */
type Made = readonly [key: string, written: unknown, env: Omit<RouteEnv, 'problem'>]

type Tell = RouteEnv['problem']
type Make = (problem: Tell) => Part

const MAX_SHARED = 10_000

/**
 * Parts of routes with the same settings are one object: a thousand routes would otherwise keep a thousand sets of the
 * same checks, and requests for them would find none of these in the processor's caches.
 */
export class SharedParts {
  readonly #known = new Map<string, Part>()

  /** @param make tells of problems, each route its own: then the part is not shared */
  part([key, written, env]: Made, tell: Tell, make: Make): Part {
    const { methods, limitHeaders, cost, forwardCredential, anonymousOnly } = env
    const made = JSON.stringify([key, written, methods, limitHeaders, cost, forwardCredential, anonymousOnly])
    const known = this.#known.get(made)
    if (known !== undefined) return known
    let isShared = this.#known.size < MAX_SHARED
    const part = make((path, message) => {
      isShared = false
      tell(path, message)
    })
    if (isShared) this.#known.set(made, part)
    return part
  }
}
