import t from 'tap'
import type { Change } from '../../src/diff/change.ts'
import { changesOf, codesOf, type Draft, hashOf } from './scene.ts'

/** A change that opens something, of which it was once said that it does not. */
export interface Opening {
  readonly name: string
  readonly old: Draft
  readonly change: (draft: Draft) => void
  /** A code that tells it. */
  readonly code: string
}

export function opening(name: string, code: string, old: Draft, change: (draft: Draft) => void): Opening {
  return { name, old, change, code }
}

/** Two routes for holders of two keys. */
export function policy(more: Draft = {}): Draft {
  return {
    version: 1,
    upstreams: { api: { url: 'http://127.0.0.1:3000' } },
    keys: [
      { id: 'k1', hash: hashOf(1) },
      { id: 'k2', hash: hashOf(2) },
    ],
    defaults: { upstream: 'api', auth: ['key'] },
    routes: [
      { id: 'r', match: { path: '/r/*' } },
      { id: 's', match: { path: '/s/*' } },
    ],
    ...more,
  }
}

export function withLimits(limits: Draft, r: string[], s: string[], more: Draft = {}): Draft {
  const draft = policy({ limits, ...more })
  draft.routes[0].limits = r
  draft.routes[1].limits = s
  return draft
}

const isOpen = ({ severity }: Change): boolean => severity === 'more_open'

/** Each of them is told by its code, and as more open. */
export function testOpenings(openings: readonly Opening[]): void {
  for (const { name, old, change, code } of openings) {
    t.test(`more open: ${name}`, async (t) => {
      const now = structuredClone(old)
      change(now)
      const codes = codesOf(changesOf(old, now).filter(isOpen))
      t.ok(codes.includes(code as (typeof codes)[number]), `${code} is among [${codes}]`)
    })
  }
}

/** A change that only closes. */
export function testClosing(name: string, old: Draft, change: (draft: Draft) => void): void {
  t.test(`no alarm: ${name}`, async (t) => {
    const now = structuredClone(old)
    change(now)
    const changes = changesOf(old, now)
    t.strictSame(changes.filter(isOpen), [])
    t.ok(changes.some(({ severity }) => severity === 'more_closed'))
  })
}
