import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { Folder } from './folder.ts'
import { type Block, blocksOf, readText } from './markdown.ts'
import { type ShellLine, shellLinesOf } from './shell.ts'

const PAGE = 'docs/confidence.md'
const WAIT_MS = 30_000

interface JsonServer {
  create(): { use(part: unknown): void; listen(port: number, host: string): Server }
  defaults(options: { logger: boolean }): unknown
  router(data: object): unknown
}

/** Somebody else's API, as it comes. */
async function startJsonServer(t: Test): Promise<string> {
  const jsonServer = createRequire(import.meta.url)('json-server') as JsonServer
  const app = jsonServer.create()
  app.use(jsonServer.defaults({ logger: false }))
  app.use(jsonServer.router({ posts: [{ id: 1, title: 'First' }], comments: [{ id: 1, body: 'Well' }] }))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A reader who does what the page says, block by block. */
class Reader {
  readonly #t: Test
  readonly #api: string
  readonly #folder: Folder
  #gate: Sallyport | null = null
  #key = ''
  #entry = ''
  #requests = 0
  #reloads = 0
  #rest = ''
  #changedAt = ''
  lines = 0

  constructor(t: Test, api: string) {
    this.#t = t
    this.#api = api
    this.#folder = new Folder(t)
  }

  async block({ language, lines }: Block): Promise<void> {
    const text = `${lines.join('\n')}\n`
    if (language === 'yaml') await this.#write(text)
    else for (const line of shellLinesOf(PAGE, `\`\`\`sh\n${text}\`\`\`\n`)) await this.#line(line)
  }

  /** The page tells in words where each of them goes. */
  async #write(text: string): Promise<void> {
    if (text.startsWith('openapi:')) this.#folder.write('openapi.yaml', text)
    else if (text.startsWith('version: 1\ncoverage:')) this.#folder.write('next.test.yaml', text)
    else if (text.startsWith('  - name: '))
      this.#folder.write('next.test.yaml', this.#folder.read('next.test.yaml') + text)
    else if (text.startsWith('  - id: rest\n')) {
      this.#rest = text
      await this.#change((policy) => `${policy}\n${text}`)
    } else if (text.startsWith('  - id: ')) await this.#change((policy) => policy.replace(this.#rest, text))
    else if (text.startsWith('keys:\n'))
      await this.#change((policy) => `${policy}\n${text.replace(/- \{.*\}/, this.#entry)}`)
    else throw new Error(`where does this go?\n${text}`)
  }

  async #change(edit: (policy: string) => string): Promise<void> {
    const before = this.#folder.read('policy.yaml')
    const after = edit(before)
    this.#t.not(after, before, 'the policy changes')
    this.#folder.write('policy.yaml', after)
    await this.#reloaded()
    this.#changedAt = new Date().toISOString()
  }

  async #reloaded(): Promise<void> {
    await this.#gate?.logged('"msg":"policy reloaded"', ++this.#reloads)
  }

  async #line({ command, comment }: ShellLine): Promise<void> {
    this.lines++
    if (command.includes(' serve ')) return this.#serve(command)
    if (command.startsWith('curl ')) return this.#curl(command, comment)
    if (/ audit\.jsonl\b/.test(command)) await this.#audited()
    const { code, stdout } = await this.#run(command)
    this.#t.equal(code, Number(/exit code (\d)/.exec(comment)?.[1] ?? 0), `${command}\n${stdout}`)
    for (const [word] of comment.matchAll(/\/?\b[a-z]+_[a-z]+\b|\/[a-z]+/g)) {
      this.#t.ok(stdout.includes(word), `${command}: says ${word}`)
    }
    const [key = ''] = /\bsp_live_\w+/.exec(stdout) ?? []
    if (key !== '') [this.#key, this.#entry] = [key, /- \{.*\}/.exec(stdout)?.[0] ?? '']
    if (/^cp \S+ policy\.yaml$/.test(command)) await this.#reloaded()
  }

  async #serve(command: string): Promise<void> {
    this.#t.equal(command, 'sallyport serve --policy policy.yaml')
    const policy = this.#folder.read('policy.yaml').replace(/^(listen|ops): \S+/gm, '$1: 127.0.0.1:0')
    this.#gate = await startSallyport(this.#t, policy, { dir: this.#folder.dir })
  }

  async #curl(command: string, comment: string): Promise<void> {
    this.#requests++
    const { stdout } = await this.#run(`${command} -s -o /dev/null --max-time 20 -w '%{http_code}'`)
    this.#t.equal(stdout, /\b\d{3}\b/.exec(comment)?.[0], `${command}: ${comment}`)
  }

  /** Lines are written behind the replies. */
  async #audited(): Promise<void> {
    const deadline = Date.now() + WAIT_MS
    while (this.#folder.read('audit.jsonl').split('\n').length <= this.#requests) {
      if (Date.now() > deadline) throw new Error(`only ${this.#folder.read('audit.jsonl')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #run(command: string) {
    const moved = command
      .replaceAll('127.0.0.1:3000', this.#api)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${this.#gate?.port}`)
      .replace(/--since \S+Z/, `--since ${this.#changedAt}`)
    return this.#folder.run(moved, { KEY: this.#key })
  }

  /** What the page says of a gradual roll-out, as a policy. */
  async checkGradual(): Promise<void> {
    const policy = this.#folder
      .read('next.yaml')
      .replace(/^mode: .*\n/m, '')
      .replace(/^defaults: \{ /m, 'defaults: { enforce: 10%, ')
    this.#t.match(policy, /^defaults: \{ enforce: 10%, /m)
    this.#folder.write('gradual.yaml', policy)
    const { code, stdout } = await this.#run('sallyport check gradual.yaml')
    this.#t.equal(code, 0, stdout)
  }
}

t.test('a newcomer gets from an unprotected API to an enforced policy', async (t) => {
  const reader = new Reader(t, await startJsonServer(t))
  for (const block of blocksOf(readText(PAGE))) await reader.block(block)
  await reader.checkGradual()
  t.ok(reader.lines > 15, `${reader.lines} lines were run`)
})
