const MAX_LENGTH = 64

/** The one of `names` that a typist most likely meant; null when none is near. */
export function nearest(typed: string, names: Iterable<string>): string | null {
  if (typed.length > MAX_LENGTH) return null
  let best: string | null = null
  let bestEdits = 1 + mostEdits(typed.length)
  for (const name of names) {
    if (name.length > MAX_LENGTH || name === typed) continue
    const edits = editDistance(typed.toLowerCase(), name.toLowerCase())
    if (edits < bestEdits) {
      best = name
      bestEdits = edits
    }
  }
  return best
}

/** Typing errors that a name of that length may have: a third of it, at least one once there are two characters. */
function mostEdits(length: number): number {
  return length < 2 ? 0 : Math.max(1, Math.min(3, Math.floor(length / 3)))
}

/** A hint that can stand behind a message; undefined when no name is near. */
export function didYouMean(typed: string, names: Iterable<string>): string | undefined {
  const name = nearest(typed.replaceAll('-', '_'), names) ?? nearest(typed, names)
  return name === null ? undefined : `did you mean \`${name}\`?`
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) row.push(cell(from, to, i, j, { row, last, beforeLast }))
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}

interface Rows {
  readonly row: readonly number[]
  readonly last: readonly number[]
  readonly beforeLast: readonly number[]
}

function cell(from: string, to: string, i: number, j: number, { row, last, beforeLast }: Rows): number {
  const at = (cells: readonly number[], index: number) => cells[index] ?? Number.POSITIVE_INFINITY
  const same = from[i - 1] === to[j - 1] ? 0 : 1
  const edits = Math.min(at(row, j - 1) + 1, at(last, j) + 1, at(last, j - 1) + same)
  const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
  return swapped ? Math.min(edits, at(beforeLast, j - 2) + 1) : edits
}
