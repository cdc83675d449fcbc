import { execFileSync } from 'node:child_process'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import t from 'tap'
import { lockedVersion, type PackageJson, readText, readYaml } from './read.ts'

const text = readText('Dockerfile')
const instructions = DockerfileParser.parse(text)
  .getInstructions()
  .map((instruction) => ({
    keyword: instruction.getKeyword(),
    args: (instruction.getArgumentsContent() ?? '').replace(/\s+/g, ' '),
    lines: text
      .split('\n')
      .slice(instruction.getRange().start.line, instruction.getRange().end.line + 1)
      .join(' '),
  }))
const lastFrom = instructions.findLastIndex((instruction) => instruction.keyword === 'FROM')
const runtime = instructions.slice(lastFrom)

/** What the final stage says for a keyword, in order. */
function inRuntime(keyword: string): string[] {
  return runtime.filter((instruction) => instruction.keyword === keyword).map(({ args }) => args)
}

/** What the whole file says for a keyword, in order. */
function inFile(keyword: string): string[] {
  return instructions.filter((instruction) => instruction.keyword === keyword).map(({ args }) => args)
}

/** The value of one environment variable of the final stage. */
function environment(name: string): string | undefined {
  const found = new RegExp(`${name}=(?:"([^"]*)"|(\\S+))`).exec(inRuntime('ENV').join(' '))
  return found?.[1] ?? found?.[2]
}

t.test('the linter has nothing to say about either Dockerfile', async (t) => {
  for (const path of ['Dockerfile', 'deploy/legacy/Dockerfile']) t.same(validate(readText(path)), [], path)
})

t.test('every stage stands on the Node of the devDependency', async (t) => {
  const wanted = lockedVersion('node')
  t.ok(wanted)
  t.same(inFile('ARG'), [`NODE_VERSION=${wanted}`])
  for (const from of inFile('FROM')) t.match(from, /^node:\$\{NODE_VERSION\}-slim AS [a-z]+$/)
  t.match(readText('deploy/legacy/Dockerfile'), `FROM node:${wanted}-slim\n`)
})

t.test('the stand-in API is the one that npm start runs', async (t) => {
  t.match(readText('deploy/legacy/Dockerfile'), `json-server@${lockedVersion('json-server')}\n`)
})

t.test('it builds in one stage, installs what runs in another, and starts clean in the last', async (t) => {
  t.equal(inFile('FROM').length, 3)
  t.ok(inFile('RUN').includes('npm run build'))
  const installs = inFile('RUN').filter((run) => run.startsWith('npm ci'))
  t.equal(installs.length, 2)
  t.match(installs[1], /--omit=dev --ignore-scripts/)
  t.notMatch(inRuntime('RUN').join('\n'), /npm (ci|install|run)/)
})

t.test('it runs as a numeric user that is not root, and owns nothing', async (t) => {
  t.match(inRuntime('USER').at(-1), /^[1-9]\d*:[1-9]\d*$/)
  t.notMatch(text, /--chown|chmod/)
})

t.test('it starts the gate itself as process 1, so that signals reach it', async (t) => {
  const entrypoint = '["node", "--no-memory-reducer", "--min-semi-space-size=16", "/app/bin/sallyport.js"]'
  t.same(inRuntime('ENTRYPOINT'), [entrypoint])
  t.same(inRuntime('CMD'), ['["serve", "--policy", "/etc/sallyport/policy.yaml"]'])
  t.same(inRuntime('STOPSIGNAL'), ['SIGTERM'])
})

t.test('it asks the ops listener for its health with node, and brings no other tool', async (t) => {
  const healthcheck = runtime.find((instruction) => instruction.keyword === 'HEALTHCHECK')
  t.match(healthcheck?.lines, /--timeout=5s .*CMD \["node", "\/app\/deploy\/healthcheck\.js"\]$/)
  t.ok(inRuntime('COPY').includes('deploy/healthcheck.js deploy/healthcheck.js'))
  t.notMatch(text, /apt-get|curl|wget/)
})

t.test('it names the client port and the ops port, and not the admin port', async (t) => {
  t.same(inRuntime('EXPOSE'), ['8080 9901'])
})

t.test('it says what it is', async (t) => {
  const labels = inRuntime('LABEL').join(' ')
  const version = readYaml<PackageJson>('package.json').version
  for (const label of ['title="Sallyport"', 'description="', `version="${version}"`, 'licenses="MIT"'])
    t.match(labels, `org.opencontainers.image.${label}`)
})

t.test('its heap leaves room for everything else in 256 MB', async (t) => {
  const print = 'process.stdout.write(String(require("node:v8").getHeapStatistics().heap_size_limit))'
  const output = execFileSync(process.execPath, ['-e', print], {
    encoding: 'utf8',
    env: { NODE_OPTIONS: environment('NODE_OPTIONS') ?? '' },
    timeout: 30_000,
  })
  t.ok(Number(output) <= 160 * 1024 * 1024, `a heap of ${output} bytes`)
  t.equal(environment('NODE_ENV'), 'production')
})

t.test('the build context is a list of what may enter, and holds every file that is copied', async (t) => {
  const entries = readText('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.equal(entries[0], '*')
  const copied = instructions.filter(({ keyword, lines }) => keyword === 'COPY' && !lines.includes('--from'))
  const sources = copied.flatMap(({ args }) => args.split(' ').slice(0, -1))
  t.ok(sources.length > 0)
  for (const source of sources) t.ok(entries.includes(`!${source.replace(/\/$/, '')}`), source)
  t.notMatch(entries.join('\n'), /^!(\.git|node_modules|config|test|\*)/m)
})
