const NOT_ASCII = /[\u007f-\uffff]/g

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * JSON in printable ASCII. Beyond what JSON asks for this escapes DEL, C1 and everything above: U+009B starts a terminal
 * command like ESC [ does, some readers take U+0085, U+2028 and U+2029 for the end of a line, and a writer of one byte
 * per character (LineSink) cuts what is above to a byte that may be a line feed.
 */
export function asciiJson(json: string): string {
  return json.replace(NOT_ASCII, escapeUnit)
}
