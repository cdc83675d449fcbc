/** Who asks. `anonymous` only where the policy writes `auth: none`. */
export interface Principal {
  readonly kind: 'anonymous' | 'key' | 'token'
  /** Stable name of whom the credential speaks for; '' when anonymous. */
  readonly subject: string
  readonly org: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Id of the key that was shown; '' for other kinds. */
  readonly keyId: string
  /** Name of the authenticator that accepted the credential; '' when anonymous. */
  readonly authenticator: string
  /** Names of limits that this principal brings along; null when it brings none. */
  readonly limits: readonly string[] | null
}

export const ANONYMOUS: Principal = Object.freeze({
  kind: 'anonymous',
  subject: '',
  org: '',
  scopes: Object.freeze([]),
  roles: Object.freeze([]),
  keyId: '',
  authenticator: '',
  limits: null,
})
