/** What a route may serve: the methods that Node's parser knows, but for CONNECT and TRACE (RFC 9110 9.3.6, 9.3.8). */
export const METHODS = Object.freeze([
  'ACL',
  'BIND',
  'CHECKOUT',
  'COPY',
  'DELETE',
  'GET',
  'HEAD',
  'LINK',
  'LOCK',
  'M-SEARCH',
  'MERGE',
  'MKACTIVITY',
  'MKCALENDAR',
  'MKCOL',
  'MOVE',
  'NOTIFY',
  'OPTIONS',
  'PATCH',
  'POST',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'PUT',
  'QUERY',
  'REBIND',
  'REPORT',
  'SEARCH',
  'SOURCE',
  'SUBSCRIBE',
  'UNBIND',
  'UNLINK',
  'UNLOCK',
  'UNSUBSCRIBE',
] as const)

export type Method = (typeof METHODS)[number]

const USUAL: readonly Method[] = Object.freeze(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The methods of a route: the usual ones when it names none, and HEAD wherever GET is (RFC 9110 9.3.2). */
export function methodsOf(written: readonly Method[] | undefined): readonly Method[] {
  if (written === undefined) return USUAL
  const key = written.join()
  const known = SHARED.get(key)
  if (known !== undefined) return known
  const methods = new Set(written)
  if (methods.has('GET')) methods.add('HEAD')
  const list = Object.freeze([...methods])
  if (SHARED.size < MAX_SHARED) SHARED.set(key, list)
  return list
}

/** A thousand routes have a handful of lists among them. */
const SHARED = new Map<string, readonly Method[]>()
const MAX_SHARED = 1000
