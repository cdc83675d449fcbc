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
  {
    key: 'listen',
    value: '127.0.0.1:8080',
    beside: 'what clients reach; this machine only while nothing is enforced, in a container 0.0.0.0:8080',
  },
  { key: 'ops', value: '127.0.0.1:9901', beside: 'health probes and metrics; in a container 0.0.0.0:9901' },
  {
    key: 'audit',
    value: { sinks: [{ type: 'stdout' }, { type: 'file', path: './audit.jsonl' }] },
    above: ['The file is what `report`, `replay` and `import audit` read.'],
  },
]

export const NO_KEYS: readonly string[] = [
  'No API key is in this file yet: `sallyport keys new --id CLIENT` prints one, and its entry for `keys`.',
]

/** Without it, the gate would keep the credentials that the API asks for: nothing else refuses in report mode, but the API. */
export const FORWARDED: readonly string[] = [
  'As long as the API judges credentials itself it has to get them. Once the keys of this file take over, take',
  '`forward_credential` out: then they stay at the gate.',
]
