/** What can be told of a regular expression without running it. */
export interface PatternForm {
  /** It is tried from one place of the text only, and no text that it matches is longer than a bound. */
  readonly isBounded: boolean
  /** A repetition within a repetition, where one text can be shared out among them in many ways: `(a+)+`. */
  readonly isNested: boolean
}

/** One thing that a repetition may follow; `text` is null for a group. */
interface Atom {
  readonly text: string | null
  isEndless: boolean
  isOptional: boolean
}

/** Escapes, classes, brackets, repetitions; everything else is a character. */
const PIECE = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!<]?|[()|]|[*+?]|\{\d+(?:,\d*)?\}|./gsu
const ENDLESS = /^(?:[*+]|\{\d+,\})$/
const OPTIONAL = /^(?:[*?]|\{0(?:,\d*)?\})$/
const REPETITION = /^(?:[*+?]|\{\d+(?:,\d*)?\})$/
const NO_CHARACTER = /^[$^]$/

/** Longer ones are not looked into: nobody wrote them by hand. */
const MAX_LENGTH = 2000

/** Reads a pattern that RE2 has compiled, so that its brackets match. */
export function formOf(pattern: string): PatternForm {
  if (pattern.length > MAX_LENGTH) return { isBounded: false, isNested: false }
  const reader = new Reader()
  for (const [piece] of pattern.matchAll(PIECE)) reader.read(piece)
  const isAnchored = pattern.startsWith('^') && !pattern.includes('|')
  return { isBounded: isAnchored && !reader.isEndless, isNested: reader.isNested }
}

class Reader {
  isEndless = false
  isNested = false
  /** The alternatives of each open group, innermost last. */
  readonly #open: Atom[][][] = [[[]]]
  /** Those of the group that has been closed last; null when something else stands before what is read. */
  #closed: Atom[][] | null = null

  read(piece: string): void {
    if (REPETITION.test(piece)) this.#repeat(piece)
    else this.#begin(piece)
  }

  #begin(piece: string): void {
    this.#closed = null
    if (piece.startsWith('(')) this.#open.push([[]])
    else if (piece === ')') this.#close()
    else if (piece === '|') this.#open.at(-1)?.push([])
    else if (!NO_CHARACTER.test(piece)) this.#add(piece)
  }

  #add(text: string | null): void {
    this.#open.at(-1)?.at(-1)?.push({ text, isEndless: false, isOptional: false })
  }

  #close(): void {
    const closed = this.#open.pop() ?? null
    this.#add(null)
    this.#closed = closed
  }

  /** `?` behind a repetition changes nothing here. */
  #repeat(piece: string): void {
    const atom = this.#open.at(-1)?.at(-1)?.at(-1)
    if (atom === undefined) return
    if (OPTIONAL.test(piece)) atom.isOptional = true
    if (!ENDLESS.test(piece)) return
    atom.isEndless = true
    this.isEndless = true
    if (this.#closed?.some(isShareable)) this.isNested = true
  }
}

/** Whether one repetition of an alternative can go on where the next round of it would begin. */
function isShareable(alternative: readonly Atom[]): boolean {
  return alternative.some((one) => {
    const others = alternative.filter((other) => other !== one && !other.isOptional)
    return one.isEndless && others.every((other) => overlap(one, other))
  })
}

/** ASCII, and one letter, digit and sign beyond it. */
const SAMPLES = [...Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)), 'é', '٣', '→']

/** Whether some character fits both; of groups it is not known, so it may. */
function overlap(a: Atom, b: Atom): boolean {
  if (a.text === null || b.text === null) return true
  try {
    const [one, other] = [new RegExp(`^(?:${a.text})$`, 'su'), new RegExp(`^(?:${b.text})$`, 'su')]
    return SAMPLES.some((sample) => one.test(sample) && other.test(sample))
  } catch {
    // A class as only RE2 writes it.
    return true
  }
}
