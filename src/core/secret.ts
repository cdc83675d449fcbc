/** A key that Sallyport made, wherever it stands: see policies/key/format.ts. Keys of other systems have no such mark. */
const KEY_IN_TEXT = /(?<=sp_(?:live|test)_)[0-9A-Za-z]{38}/g

/** The text with keys cut out, for what is written down: a client may put its key into the path by mistake. */
export function withoutKeys(text: string): string {
  return text.includes('sp_') ? text.replace(KEY_IN_TEXT, '***') : text
}
