import type { Entry } from './starter.ts'

export function aboutStart(source: string): string[] {
  return [
    `A policy to start from, made of ${source}.`,
    'What no route matches is refused. Read every line before it is enforced: `sallyport check` tells what is left to do.',
  ]
}

export const REPORT_ONLY: Entry = {
  key: 'mode',
  value: 'report',
  above: [
    'Nothing that a route matches is blocked yet: `sallyport report` tells what would have been.',
    'Once `sallyport replay` changes what it should, write `enforce` here.',
  ],
}

export const LISTENING: readonly Entry[] = [
  { key: 'listen', value: '0.0.0.0:8080', beside: 'what clients reach' },
  { key: 'ops', value: '0.0.0.0:9901', beside: 'health probes and metrics' },
  {
    key: 'audit',
    value: { sinks: [{ type: 'stdout' }, { type: 'file', path: './audit.jsonl' }] },
    above: ['The file is what `report`, `replay` and `import audit` read.'],
  },
]

export const NO_KEYS: readonly string[] = [
  'No API key is in this file yet: `sallyport keys new --id CLIENT` prints one, and its entry for `keys`.',
]
