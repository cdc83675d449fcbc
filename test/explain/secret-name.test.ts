import t from 'tap'
import { isSecretName } from '../../src/explain/secret-name.ts'

const SECRET = `authorization Proxy-Authorization cookie set-cookie x-auth X-Auth-Token x-jwt x-accesskey x-access-key
  X-Amz-Credential X-Amz-Signature X-Amz-Security-Token x-api-key x-apikey apiKey api_key API-KEY apikey2 ApiKey AWSAccessKeyId
  accessToken access_token accesstoken idToken id_token refreshToken token tokens csrftoken X-CSRF-Token x-xsrf-token
  pwd pass password Password userPassword user[password] password_confirmation passphrase sig signature hmac jwt JWT id_jwt
  code auth_code authCode device_code codeVerifier key secretKey secret_key secretkey client_secret clientSecret clientsecret
  session sessionId session_id sessionid PHPSESSID JSESSIONID sid pin otp SAMLResponse client_assertion oauth_verifier
  Ocp-Apim-Subscription-Key x-functions-key x-secret privateKey x-hub-signature-256 x-goog-signature OAuth2 x-session-token`
const PLAIN = `x-author author authority authored barcode zipcode zip_code postalCode countryCode statusCode status_code error_code
  promocode encode unicode keyword keywords x-key-id keys monkey cacheKey cache-key idempotency-key sec-websocket-key sort_key
  passenger passport compass bypass_cache assign design signal signup significant sight sidebar side inside pinned spin opinion
  accept accept-language content-type host origin referer user-agent x-request-id etag if-match x-forwarded-for obsession
  profession secretary tokenizer access access-control-allow-credentials access-control-request-headers www-authenticate
  x-sallyport-org x-sallyport-key-id page q id sessionless dossier`

const namesOf = (text: string): string[] => text.split(/\s+/)

t.test('names of secrets, in whatever spelling', async (t) => {
  t.strictSame(
    namesOf(SECRET).filter((name) => !isSecretName(name)),
    [],
  )
})

t.test('names of other things that look like them', async (t) => {
  t.strictSame(namesOf(PLAIN).filter(isSecretName), [])
})

t.test('names without a word in them', async (t) => {
  for (const name of ['', '-', '__', '7', '[]', 'é', '%']) t.equal(isSecretName(name), false, name)
})
