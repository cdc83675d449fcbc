import t from 'tap'
import { cors } from '../../../src/policies/cors/index.ts'

const SHOP = 'https://shop.example.com'

for (const [origin, message] of [
  ['https://shop.example.com/', /without a path or a final slash/],
  ['https://shop.example.com/a', /without a path/],
  ['https://Shop.example.com', /lower case/],
  ['HTTPS://shop.example.com', /lower case/],
  ['shop.example.com', /write scheme:\/\/host/],
  ['https://', /write scheme/],
  ['https://shop.example.com:443', /leave out :443/],
  ['http://shop.example.com:80', /leave out :80/],
  ['https://*', /write scheme/],
  ['https://*.com', /two labels/],
  ['https://a.*.example.com', /write scheme/],
  ['https://*.*.example.com', /write scheme/],
  ['https://shop*.example.com', /write scheme/],
  ['https://zoë.example', /write scheme/],
] as const) {
  t.test(`the schema refuses the origin ${origin}`, async (t) => {
    const result = cors.schema.safeParse({ origins: [origin] })
    t.match(result.error?.issues[0]?.message, message)
  })
}

for (const settings of [
  {},
  { origins: [] },
  { origins: SHOP },
  { origins: [SHOP], methods: ['get'] },
  { origins: [SHOP], headers: ['*'] },
  { origins: [SHOP], headers: ['a b'] },
  { origins: [SHOP], expose_headers: [] },
  { origins: [SHOP], max_age: 600 },
  { origins: [SHOP], credential: true },
]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(cors.schema.safeParse(settings).success)
  })
}
