const MAX_DEPTH = 100
const MAX_NODES = 2_000_000
const MAX_CHAIN = 32

interface Place {
  readonly value: unknown
  readonly pointer: string
  readonly depth: number
}

/** The pointer of a member of what stands at `pointer` (RFC 6901). */
export function pointerTo(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/**
 * What makes a document one that must not be followed: references out of it, to nothing or through a prototype, depth
 * and size. null when there is nothing.
 */
export function refusedIn(root: unknown): string | null {
  const open: Place[] = [{ value: root, pointer: '#', depth: 0 }]
  let nodes = 0
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const members = membersOf(place)
    nodes += members.length
    if (place.depth > MAX_DEPTH) return `the document is deeper than ${MAX_DEPTH} levels, or holds itself`
    if (nodes > MAX_NODES) return `the document has more than ${MAX_NODES} values`
    for (const [key, value] of members) {
      const why = refusedAt(root, key, value)
      if (why !== null) return `${place.pointer}: ${why}`
      open.push({ value, pointer: pointerTo(place.pointer, key), depth: place.depth + 1 })
    }
  }
  return null
}

function membersOf({ value }: Place): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function refusedAt(root: unknown, key: string, value: unknown): string | null {
  if (key === '__proto__') return '`__proto__` is no name'
  if (key !== '$ref' || typeof value !== 'string') return null
  if (!value.startsWith('#')) {
    return `the reference ${value} leads out of the document, and nothing is fetched: bundle it into one file first`
  }
  return follow(root, value) === undefined ? `the reference ${value} leads nowhere in the document` : null
}

/** What a reference within the document stands for; undefined when there is nothing. */
export function follow(root: unknown, ref: string): unknown {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  let value: unknown = root
  for (const part of partsOf(ref)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[part]
  }
  return value
}

/** The keys of a pointer, escapes undone. */
export function partsOf(ref: string): string[] {
  return ref
    .slice(2)
    .split('/')
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value itself, after as many references as there are. */
export function resolved(root: unknown, value: unknown): unknown {
  let current = value
  for (let i = 0; i < MAX_CHAIN; i++) {
    const ref = refOf(current)
    if (ref === null) return current
    current = follow(root, ref)
  }
  return undefined
}

export function refOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '$ref')) return null
  const { $ref } = value as { readonly $ref: unknown }
  return typeof $ref === 'string' ? $ref : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
