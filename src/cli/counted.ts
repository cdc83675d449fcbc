/** `1 request`, `2,000 requests`: with commas, whatever the language of the machine. */
export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${number(count)} ${count === 1 ? what : plural}`
}

/** With commas, whatever the language of the machine. */
export function number(count: number): string {
  return count.toLocaleString('en-US')
}
