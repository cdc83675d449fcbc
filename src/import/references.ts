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

/** What makes a document too large to look at, or one that reaches for a prototype. null when there is nothing. */
export function refusedSize(root: unknown): string | null {
  let nodes = 0
  for (const { members, depth, pointer } of placesIn(root)) {
    nodes += members.length
    if (depth > MAX_DEPTH) return `the document is deeper than ${MAX_DEPTH} levels, or holds itself`
    if (nodes > MAX_NODES) return `the document has more than ${MAX_NODES} values`
    if (members.some(([key]) => key === '__proto__')) return `${pointer}: \`__proto__\` is no name`
  }
  return null
}

/** A reference that must not be followed: out of the document, to nothing or through a prototype. */
export function refusedReference(root: unknown): string | null {
  for (const { members, pointer } of placesIn(root)) {
    for (const [key, value] of members) {
      const why = key === '$ref' && typeof value === 'string' ? refusedTarget(root, value) : null
      if (why !== null) return `${pointer}: ${why}`
    }
  }
  return null
}

function* placesIn(root: unknown) {
  const open: Place[] = [{ value: root, pointer: '#', depth: 0 }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const members = membersOf(place)
    const { pointer, depth } = place
    yield { members, pointer, depth }
    for (const [key, value] of members) {
      open.push({ value, pointer: pointerTo(pointer, key), depth: depth + 1 })
    }
  }
}

function membersOf({ value }: Place): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function refusedTarget(root: unknown, ref: string): string | null {
  if (!ref.startsWith('#')) {
    return `the reference ${ref} leads out of the document, and nothing is fetched: bundle it into one file first`
  }
  return follow(root, ref) === undefined ? `the reference ${ref} leads nowhere in the document` : null
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
