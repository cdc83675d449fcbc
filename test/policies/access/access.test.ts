import fc from 'fast-check'
import t from 'tap'
import { access } from '../../../src/policies/access/index.ts'
import { contextWith, envWith, outcomeOf, runCheck } from '../request.ts'

function judge(settings: unknown, client: string) {
  const part = access.compile(access.schema.parse(settings), envWith())
  return outcomeOf(runCheck(part, 'access', contextWith({ client })) as never)
}

t.test('without settings nothing is asked', async (t) => {
  t.strictSame(access.compile(undefined, envWith()), {})
})

t.test('allow lets in whom it names and nobody else', async (t) => {
  t.equal(judge({ allow: ['10.0.0.0/8', '2001:db8::/32'] }, '10.1.2.3'), 'pass')
  t.equal(judge({ allow: ['10.0.0.0/8', '2001:db8::/32'] }, '2001:db8:0:0:0:0:0:1'), 'pass')
  t.equal(judge({ allow: ['10.0.0.0/8'] }, '11.0.0.1'), 'address_refused')
})

t.test('deny alone keeps out whom it names', async (t) => {
  t.equal(judge({ deny: ['10.6.6.6'] }, '10.6.6.6'), 'address_refused')
  t.equal(judge({ deny: ['10.6.6.6'] }, '10.6.6.7'), 'pass')
})

t.test('deny wins over allow', async (t) => {
  const settings = { allow: ['10.0.0.0/8'], deny: ['10.6.0.0/16'] }
  t.equal(judge(settings, '10.6.6.6'), 'address_refused')
  t.equal(judge(settings, '10.7.6.6'), 'pass')
})

t.test('the refusal tells the operator which list', async (t) => {
  const part = access.compile(access.schema.parse({ allow: ['10.0.0.0/8'], deny: ['10.6.6.6'] }), envWith())
  const why = (client: string) => {
    const verdict = runCheck(part, 'access', contextWith({ client })) as { why?: string }
    return verdict.why
  }
  t.equal(why('10.6.6.6'), '10.6.6.6 is in access.deny')
  t.equal(why('192.0.2.9'), '192.0.2.9 is not in access.allow')
})

t.test('V70: a mapped IPv4 address in a list is the IPv4 address', async (t) => {
  t.equal(judge({ deny: ['::ffff:10.6.6.6'] }, '10.6.6.6'), 'address_refused')
})

for (const [name, settings, message] of [
  ['a host name', { allow: ['example.com'] }, /example\.com is neither an address nor a range such as/],
  ['too many bits', { deny: ['10.0.0.0/33'] }, /10\.0\.0\.0\/33 is neither an address/],
  ['octal', { deny: ['010.0.0.1'] }, /neither an address/],
  ['an empty list', { allow: [] }, /Too small/],
  ['no list at all', {}, /write `allow`, `deny` or both/],
  ['an unknown key', { allows: ['10.0.0.0/8'] }, /Unrecognized key/],
] as const) {
  t.test(`the schema refuses ${name}`, async (t) => {
    const result = access.schema.safeParse(settings)
    t.notOk(result.success)
    t.match(result.error?.issues[0]?.message, message)
  })
}

t.test('nobody in deny gets in, whatever allow says', async () => {
  const address = fc.ipV4()
  fc.assert(
    fc.property(fc.array(address, { maxLength: 5 }), address, (allow, client) => {
      const settings = allow.length === 0 ? { deny: [client] } : { allow, deny: [client] }
      return judge(settings, client) === 'address_refused'
    }),
  )
})
