const NOT_ASCII = /[\u007f-\uffff]/g

/** JSON in ASCII: beyond it there are characters that command a terminal, too. */
export function jsonText(body: unknown): string {
  return JSON.stringify(body).replace(NOT_ASCII, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
