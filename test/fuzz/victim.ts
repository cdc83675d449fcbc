import { FuzzClient } from './client.ts'
import { KEYS } from './policy.ts'
import { valuesOf } from './strict-head.ts'
import { takeReply } from './strict-reply.ts'

const PATIENCE_MS = 10_000
const PAUSE_MS = 4
const MAX_PROBLEMS = 20

/** An honest client that asks beside all the others, and is to notice nothing of them. */
export class Victim {
  readonly #port: number
  readonly #address: string
  #client: FuzzClient
  #isDone = false
  #running: Promise<void> | null = null
  asked = 0
  readonly problems: string[] = []

  constructor(port: number, address: string) {
    this.#port = port
    this.#address = address
    this.#client = new FuzzClient(port, address)
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isDone = true
    await this.#running
    this.#client.socket.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isDone && this.problems.length < MAX_PROBLEMS) {
      const problem = await this.ask()
      if (problem !== null) {
        this.problems.push(problem)
        this.#client.socket.destroy()
        this.#client = new FuzzClient(this.#port, this.#address)
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** One request on the connection it keeps. @returns what is wrong with its reply */
  async ask(): Promise<string | null> {
    const target = `/victim?n=${this.#address}-${this.asked++}`
    const client = this.#client
    client.received = ''
    client.socket.write(`GET ${target} HTTP/1.1\r\nHost: victim\r\nX-Api-Key: ${KEYS.victim}\r\n\r\n`)
    const read = () => takeReply(client.received, { isHead: false, hasEnded: client.hasEnded })
    await client.until(() => read().state !== 'partial', PATIENCE_MS)
    const taken = read()
    if (taken.state !== 'whole') return `${target}: ${taken.state} reply ${excerpt(client.received)}`
    const { status, body, fields } = taken.message
    const [id = ''] = valuesOf(fields, 'x-request-id')
    const wanted = JSON.stringify({ id, key: 'victim', target, bytes: 0 })
    if (status === 200 && body === wanted && taken.rest === '') return null
    return `${target}: got ${excerpt(client.received)}`
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 600))
}
