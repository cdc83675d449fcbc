/** Codes of the checks that a route asks: see codes.ts. */
export const CHECK_CODES = {
  // cors, access
  origin_refused: {
    status: 403,
    title: 'This origin may not use the resource.',
    help: 'The Origin of the preflight is not in `cors.origins`, or it asks for a method or header that is not listed.',
  },
  address_refused: {
    status: 403,
    title: 'This address may not use the resource.',
    help: 'The client address is not in `access.allow`, or is in `access.deny`.',
  },

  // key
  key_missing: {
    status: 401,
    title: 'A credential is required.',
    help: 'The route asks for one and none was sent where its authenticators look.',
  },
  key_invalid: {
    status: 401,
    title: 'The credential is not valid.',
    help: 'Malformed, mistyped (the checksum tells) or unknown.',
  },
  key_expired: {
    status: 401,
    title: 'The credential has expired.',
    help: 'The `expires` of the key has passed. Issue a new one.',
  },
  key_revoked: {
    status: 401,
    title: 'The credential was revoked.',
    help: 'The key is marked `revoked: true`.',
  },
  key_route_refused: {
    status: 403,
    title: 'The credential is not for this resource.',
    help: 'The key lists `routes` and this one is not among them.',
  },

  // scopes
  scope_missing: {
    status: 403,
    title: 'The credential lacks a permission.',
    help: 'The route asks for scopes (`allow.scopes`) that the principal does not hold.',
  },
  role_missing: {
    status: 403,
    title: 'The credential lacks a role.',
    help: 'The route asks for one of `allow.roles`.',
  },
  org_refused: {
    status: 403,
    title: 'The organisation may not use the resource.',
    help: "The principal's org is not in `allow.orgs`.",
  },

  // limit
  rate_limited: {
    status: 429,
    title: 'Too many requests.',
    help: 'A `rate` or `burst` of a limit is used up; `retry-after` tells when to come back.',
  },
  quota_exhausted: {
    status: 429,
    title: 'The quota is used up.',
    help: 'A calendar `quota` is used up; it starts anew at the next UTC day or month.',
  },
  cooldown: {
    status: 429,
    title: 'Too many requests were refused.',
    help: 'The bucket was refused so often that its limit shuts it for the time that `cooldown.for` says; asking again meanwhile does not prolong it.',
  },
  concurrency_exceeded: {
    status: 429,
    title: 'Too many requests at once.',
    help: 'As many requests as `concurrent` of a limit allows are under way; one of them has to end first.',
  },
  limit_unavailable: {
    status: 503,
    title: 'The service is not available right now.',
    help: 'The store that counts the limits does not answer, and one of the limits says `on_store_error: deny`.',
  },

  // validate
  body_too_large: {
    status: 413,
    title: 'The body is too large.',
    help: 'See `validate.max_body` of the route.',
  },
  body_invalid: {
    status: 422,
    title: 'The body does not have the expected form.',
    help: 'It is not JSON, or not what the schema of `validate.body` asks for.',
  },
  media_type_refused: {
    status: 415,
    title: 'The media type is not accepted.',
    help: '`validate.body` judges JSON; send `content-type: application/json` and no content coding.',
  },
  query_invalid: {
    status: 400,
    title: 'The query does not have the expected form.',
    help: 'See `validate.query` of the route.',
  },
} as const
