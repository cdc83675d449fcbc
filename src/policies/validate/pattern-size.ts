import { RE2JS } from 're2js'

/** Instructions of a pattern's program: one text costs at most about so many steps per character. */
export function patternSize(pattern: string): number {
  return RE2JS.compile(RE2JS.translateRegExp(pattern)).programSize()
}
