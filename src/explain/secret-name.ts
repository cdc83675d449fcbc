/** Words that speak of a secret, wherever they stand in a name. */
const WORDS: ReadonlySet<string> = new Set([
  ...['auth', 'oauth', 'xauth', 'authorization', 'bearer', 'cookie', 'cookies', 'credential', 'credentials'],
  ...[
    'creds',
    'pass',
    'passphrase',
    'passcode',
    'password',
    'passwords',
    'passwd',
    'pw',
    'pwd',
    'pin',
    'otp',
  ],
  ...['sid', 'sessid', 'jsessionid', 'phpsessid', 'session', 'sessions', 'sig', 'sign', 'hmac', 'jwt', 'jws'],
  ...['jwe', 'csrf', 'xsrf', 'assertion', 'saml', 'samlresponse', 'verifier', 'authcode', 'codeverifier'],
])
/** Words that are written together: `accesstoken`, `sessionid`. */
const JOINED =
  /(?:token|secret|password|passwd|signature|credential|jwt|session(?=id|key)|(?:api|access|secret|private|auth|session|signing)(?=key))s?(?:id|key)?$/
/** Whose key, and which code, is a secret; that of a `cache-key` or a `zip code` is none. */
const KEY_OF: ReadonlySet<string> = new Set([
  ...[
    'api',
    'access',
    'secret',
    'private',
    'auth',
    'session',
    'signing',
    'signature',
    'encryption',
    'master',
  ],
  ...['shared', 'client', 'account', 'subscription', 'functions'],
])
const CODE_OF: ReadonlySet<string> = new Set([
  ...['auth', 'authorization', 'access', 'device', 'login', 'security', 'verification', 'recovery', 'pass'],
])
/** What is a secret when the name says nothing else: `?code=` of OAuth, `?key=`. */
const WHOLE: ReadonlySet<string> = new Set(['code', 'key'])
/** They say whether credentials may be sent, and carry none. */
const ABOUT_CREDENTIALS = /^access-control-/

/** Whether the name of a header field or a query parameter says that its value is a secret. */
export function isSecretName(name: string): boolean {
  if (ABOUT_CREDENTIALS.test(name.toLowerCase())) return false
  const words = wordsOf(name)
  if (words.length === 1 && WHOLE.has(words[0] as string)) return true
  return words.some((word, i) => WORDS.has(word) || JOINED.test(word) || isPair(words[i - 1] ?? '', word))
}

function isPair(first: string, second: string): boolean {
  if (second === 'key' || second === 'keys') return KEY_OF.has(first)
  return second === 'code' && CODE_OF.has(first)
}

/** `X-Amz-Credential`, `accessToken`, `AWSAccessKeyId` and `user[password2]` word by word, in lower case. */
function wordsOf(name: string): string[] {
  const apart = name.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
  const words = apart.toLowerCase().split(/[^a-z\d]+/)
  return words.map((word) => word.replace(/^\d+|\d+$/g, '')).filter((word) => word !== '')
}
