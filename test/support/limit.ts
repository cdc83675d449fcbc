import type { Limit } from '../../src/core/limits.ts'

/** A limit that limits nothing, but for what is changed of it. */
export function bareLimit(changed: Partial<Limit> = {}): Limit {
  return {
    name: 'a',
    by: ['ip'],
    windows: [],
    warnAt: [],
    cooldown: null,
    concurrent: null,
    onStoreError: 'local',
    accuracy: 'exact',
    ...changed,
  }
}
