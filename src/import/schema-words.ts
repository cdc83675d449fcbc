/** How a keyword of JSON Schema holds other schemas; what is not here is no keyword of a body schema. */
export type Holds = 'one' | 'list' | 'map' | 'nothing'

const KEYWORDS: Readonly<Record<Holds, readonly string[]>> = {
  one: [
    ...['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'],
    ...['unevaluatedItems', 'unevaluatedProperties'],
  ],
  list: ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
  map: ['properties', 'patternProperties', 'dependentSchemas'],
  nothing: [
    ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength', 'title', 'description'],
    ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'required'],
    ...[
      'minItems',
      'maxItems',
      'uniqueItems',
      'minContains',
      'maxContains',
      'minProperties',
      'maxProperties',
    ],
    ...['dependentRequired', 'deprecated'],
  ],
}

/** Nothing that has no place here restricts a body, but for these. */
export const NOT_TAKEN: ReadonlySet<string> = new Set(['$dynamicRef', '$recursiveRef', '$id', '$anchor'])

const HOLDS: ReadonlyMap<string, Holds> = new Map(
  (Object.keys(KEYWORDS) as Holds[]).flatMap((holds) =>
    KEYWORDS[holds].map((word) => [word, holds] as const),
  ),
)

export function holdsOf(keyword: string): Holds | undefined {
  return HOLDS.get(keyword)
}
