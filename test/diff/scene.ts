import { stringify } from 'yaml'
import { formatProblem } from '../../src/config/issues.ts'
import { outline } from '../../src/config/outline.ts'
import type { Change } from '../../src/diff/change.ts'
import { diff, type Good } from '../../src/diff/diff.ts'
import { HASH, NOW_MS } from '../config/compiling.ts'

/** A policy as data, as loose as what a parser gives: tests write into it whatever a policy may hold. */
export type Draft = ReturnType<typeof JSON.parse>

const FILES: Readonly<Record<string, string>> = {
  './a.json': '{ "type": "object", "required": ["a"] }',
  './a-again.json': '{"required":["a"],\n"type":"object"}',
  './b.json': '{ "type": "object", "required": ["b"] }',
  'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  'other.pem': '-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n',
}

export function hashOf(index: number): string {
  return `sha256:${String(index).padStart(64, '0')}`
}

/** A new copy of a policy with a bit of everything. */
export function base(): Draft {
  return {
    version: 1,
    upstreams: { api: { url: 'http://127.0.0.1:3000' }, tls: { url: 'https://tls.example.com' } },
    limits: {
      address: { by: 'ip', rate: '100/minute' },
      key: { by: 'key', rate: '60/minute', burst: '10/second' },
      plan: { by: 'org', quota: '10000/month', warn_at: ['80%'] },
      shut: { by: ['ip', 'route'], rate: '10/minute', cooldown: { after: 5, within: '1m', for: '10m' } },
      places: { by: 'key', concurrent: 4 },
    },
    keys: [
      { id: 'acme', hash: hashOf(1), org: 'acme', scopes: ['read'], roles: ['clerk'] },
      { id: 'globex', hash: hashOf(2), org: 'globex', routes: ['orders'], expires: '2027-01-01' },
      { id: 'own', hash: hashOf(3), limits: ['key'] },
      { id: 'full', hash: hashOf(4), org: 'acme', scopes: ['read', 'write', 'a'], roles: ['clerk'] },
    ],
    defaults: { upstream: 'api', auth: ['key'], limits: ['address', 'key'] },
    routes: [
      { id: 'health', match: { path: '/health', methods: ['GET'] }, auth: 'none', limits: ['address'] },
      {
        id: 'orders',
        match: { path: '/orders/:id', methods: ['GET', 'POST'] },
        allow: { scopes: ['read', 'write'], any_scope: ['a', 'b'], roles: ['clerk'], orgs: ['acme'] },
        limits: ['address', 'key', 'plan', 'shut', 'places'],
        cors: { origins: ['https://shop.example.com'], headers: ['x-a'], expose_headers: ['x-b'] },
        access: { allow: ['10.0.0.0/8'], deny: ['10.6.6.6'] },
        validate: { max_body: '1MB', body: './a.json', query: { allowed: ['page'], required: ['tenant'] } },
      },
      { id: 'secure', match: { path: '/secure/*' }, upstream: 'tls' },
      {
        id: 'socket',
        match: { path: '/socket' },
        websocket: true,
        cors: { origins: ['https://a.example.com'] },
      },
    ],
  }
}

export function outlined(text: string, file: string): Good {
  const readText = (path: string): string => {
    const found = FILES[path]
    if (found === undefined) throw new Error(`no file ${path}`)
    return found
  }
  const env = { SECRET: 'canary-9f2b7c', OTHER: 'canary-0a1b2c', HASH }
  const result = outline(text, { file, readText, env, nowMs: NOW_MS })
  if (result.outline === null) throw new Error(result.problems.map(formatProblem).join('\n'))
  return result as Good
}

export function changesOf(old: Draft, now: Draft): readonly Change[] {
  return changesOfTexts(textOf(old), textOf(now))
}

export function changesOfTexts(old: string, now: string): readonly Change[] {
  return diff(outlined(old, 'old.yaml'), outlined(now, 'new.yaml'), NOW_MS)
}

export function textOf(draft: Draft): string {
  // Aliases are bounded, and equal lists would become some.
  return stringify(draft, { aliasDuplicateObjects: false })
}

/** Codes in order, each once. */
export function codesOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.map(({ code }) => code))].sort()
}
