const MAX_LENGTH = 90
/** `listPets` is two words, `getHTTPStatus` three. */
const WORD_ENDS = [/([a-z0-9])([A-Z])/g, /([A-Z])([A-Z][a-z])/g] as const

/** Names that a policy takes, each handed out once. */
export class Names {
  readonly #taken = new Set<string>()

  constructor(taken: Iterable<string> = []) {
    for (const name of taken) this.#taken.add(name)
  }

  /** Lower-case words with `-` between them. @param other when nothing of the text is left */
  take(text: string, other: string): string {
    const plain = kebab(text) || other
    let name = plain
    for (let i = 2; this.#taken.has(name); i++) name = `${plain}-${i}`
    this.#taken.add(name)
    return name
  }
}

/** Begins with a letter, so that it serves wherever a policy has names. */
export function kebab(text: string): string {
  let spaced = text.slice(0, MAX_LENGTH)
  for (const end of WORD_ENDS) spaced = spaced.replace(end, '$1-$2')
  return spaced
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
}
