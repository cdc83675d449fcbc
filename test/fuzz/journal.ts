import type { AuditLine } from './gate-child.ts'

/** What the gate wrote down, by client, until it is judged. */
export class Journal {
  readonly #lines = new Map<string, AuditLine[]>()
  readonly #ids = new Set<string>()
  /** Lines that are wrong by themselves. */
  readonly problems: string[] = []
  count = 0

  keep(line: AuditLine): void {
    this.count += 1
    if (line.type !== 'request') this.problems.push(`audit: ${JSON.stringify(line)}`)
    else if (this.#ids.has(line.id)) this.problems.push(`audit: two lines for ${line.id}`)
    this.#ids.add(line.id)
    const lines = this.#lines.get(line.client)
    if (lines === undefined) this.#lines.set(line.client, [line])
    else lines.push(line)
  }

  of(client: string): readonly AuditLine[] {
    return this.#lines.get(client) ?? []
  }

  forget(clients: Iterable<string>): void {
    for (const client of clients) this.#lines.delete(client)
  }

  clear(): void {
    this.#lines.clear()
  }
}
