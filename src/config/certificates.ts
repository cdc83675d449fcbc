import type { Draft } from './draft.ts'
import type { Path } from './yaml-values.ts'

const PEM = '-----BEGIN CERTIFICATE-----'

/**
 * The certificates (PEM) in the file that a `tls.ca` names; null when none is named, or when the file is a problem.
 * @param at where that stands
 */
export function certificatesIn(
  file: string | undefined,
  at: Path,
  draft: Draft,
  readText: (path: string) => string,
): string | null {
  if (file === undefined) return null
  try {
    const text = readText(file)
    if (text.includes(PEM)) return text
    draft.error(at, 'there is no certificate in this file', 'PEM text, one or more certificates')
  } catch {
    draft.error(at, 'this file cannot be read', 'the path is relative to the policy file')
  }
  return null
}
