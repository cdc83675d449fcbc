/** What a code says of a change. */
export interface CodeMeaning {
  readonly severity: 'more_open' | 'more_closed' | 'other'
  readonly meaning: string
}

/** Groups of codes by what they do, as one table. */
export function codes<O extends string, C extends string, N extends string>(groups: {
  readonly more_open: Readonly<Record<O, string>>
  readonly more_closed: Readonly<Record<C, string>>
  readonly other: Readonly<Record<N, string>>
}): Readonly<Record<O | C | N, CodeMeaning>> {
  const entries = (['more_open', 'more_closed', 'other'] as const).flatMap((severity) =>
    Object.entries<string>(groups[severity]).map(([code, meaning]) => [code, { severity, meaning }]),
  )
  return Object.freeze(Object.fromEntries(entries))
}
