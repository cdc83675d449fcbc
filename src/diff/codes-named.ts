import { codes } from './code-table.ts'

/** Changes of named limits. */
export const LIMIT_CODES = codes({
  more_open: {
    'limit-looser': 'A window or quota lets more through.',
    'limit-by-finer': 'It counts apart what it counted together.',
    'limit-cooldown-looser': 'Its cooldown comes later, is shorter, or is gone.',
    'limit-concurrent-looser': 'More requests may be under way at once.',
    'limit-store-error-looser': 'It lets more through while the shared store does not answer.',
    'limit-accuracy-looser': 'It lets a little more through, since shares are taken in advance.',
  },
  more_closed: {
    'limit-tighter': 'A window or quota lets less through.',
    'limit-by-coarser': 'It counts together what it counted apart.',
    'limit-cooldown-tighter': 'Its cooldown comes sooner, is longer, or is new.',
    'limit-concurrent-tighter': 'Fewer requests may be under way at once.',
    'limit-store-error-tighter': 'It lets less through while the shared store does not answer.',
    'limit-accuracy-tighter': 'It is exact.',
  },
  other: {
    'limit-warnings-changed': 'It tells of other shares of its quota.',
  },
})

/** Changes of API keys and of authenticators. */
export const KEY_CODES = codes({
  more_open: {
    'key-added': 'A key is new.',
    'key-replaced': 'Another secret is good for the same key.',
    'key-unrevoked': 'A key is no longer revoked.',
    'key-expires-later': 'A key is good for longer.',
    'key-scopes-added': 'A key has more scopes.',
    'key-roles-added': 'A key has more roles.',
    'key-org-wider': 'A key belongs to another organisation, to which a route is open that was not.',
    'key-org-changed': 'A key belongs to another organisation: for the API, and for what counts by it.',
    'key-subject-changed': 'A key speaks for somebody else: for the API, and for what counts by it.',
    'key-routes-wider': 'A key is good for more routes.',
    'key-limits-looser': 'A key may be asked more often.',
    'authenticator-place-added': 'A credential may be in one more place.',
  },
  more_closed: {
    'key-gone': 'A key is gone.',
    'key-revoked': 'A key is revoked.',
    'key-expires-earlier': 'A key is good for a shorter time.',
    'key-scopes-gone': 'A key has fewer scopes.',
    'key-roles-gone': 'A key has fewer roles.',
    'key-routes-narrower': 'A key is good for fewer routes.',
    'key-limits-tighter': 'A key may be asked less often.',
    'authenticator-place-gone': 'A credential may no longer be in a place.',
  },
  other: {
    'key-spare-added': 'A key is new, but revoked or expired.',
    'key-spare-gone': 'A key is gone that was revoked or expired.',
  },
})
