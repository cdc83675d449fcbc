import t from 'tap'
import { problemsOf } from './compiling.ts'

const policy = (upstream: string, top: string) => `version: 1
${top}
upstreams: { api: { ${upstream} } }
routes: [{ id: a, match: { path: /a }, auth: none, upstream: api }]
`

/** What is told of an upstream beside a listener. */
const told = (listen: string, url: string) => problemsOf(policy(`url: "${url}"`, `listen: "${listen}"`))

const SAME: readonly (readonly [string, string])[] = [
  ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
  ['0.0.0.0:8080', 'http://127.9.9.9:8080/base'],
  ['0.0.0.0:8080', 'http://localhost:8080'],
  ['0.0.0.0:8080', 'http://[::1]:8080'],
  ['0.0.0.0:8080', 'http://0.0.0.0:8080'],
  ['[::]:8080', 'http://127.0.0.1:8080'],
  ['[::]:8080', 'http://[::1]:8080'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['127.0.0.1:8080', 'https://localhost:8080'],
  ['127.0.0.1:8080', 'http://API.LOCALHOST:8080'],
  ['127.0.0.1:8080', 'http://0.0.0.0:8080'],
  ['localhost:8080', 'http://127.0.0.1:8080'],
  ['localhost:8080', 'http://[::1]:8080'],
  ['10.0.0.1:80', 'http://10.0.0.1'],
  ['gate.test:443', 'https://gate.test'],
]

for (const [listen, url] of SAME) {
  t.test(`an upstream that is this gate itself is refused: ${url} beside ${listen}`, async (t) => {
    t.match(told(listen, url), [/the upstream `api` is this Sallyport itself: `listen` has the same address/])
  })
}

const OTHERS: readonly (readonly [string, string])[] = [
  ['0.0.0.0:8080', 'http://127.0.0.1:8081'],
  ['0.0.0.0:8080', 'http://10.0.0.1:8080'],
  ['0.0.0.0:8080', 'http://legacy:8080'],
  ['0.0.0.0:8080', 'http://notlocalhost:8080'],
  ['127.0.0.1:8080', 'http://127.0.0.2:8080'],
  ['127.0.0.1:8080', 'http://[::1]:8080'],
  ['10.0.0.1:8080', 'http://localhost:8080'],
  ['127.0.0.1:80', 'https://127.0.0.1'],
  ['127.0.0.1:0', 'http://127.0.0.1:80'],
]

for (const [listen, url] of OTHERS) {
  t.test(`another place is none of its listeners: ${url} beside ${listen}`, async (t) => {
    t.strictSame(told(listen, url), [])
  })
}

t.test('ops and the admin listener are of this gate, too, and so is each target', async (t) => {
  const top = 'ops: 127.0.0.1:7001\nadmin: { listen: "127.0.0.1:7002", token: "${env:CANARY}${env:CANARY}" }'
  t.match(problemsOf(policy('url: http://127.0.0.1:7001', top)), [/^4:.*`ops` has/])
  t.match(problemsOf(policy('targets: [http://127.0.0.1:7003, http://127.0.0.1:7002]', top)), [
    /^4:.*`admin.listen` has/,
  ])
  t.match(problemsOf(policy('url: http://127.0.0.1:8080', '')), [/^3:.*`listen` has/], 'as it is by default')
})
