import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { floorProblems, type Tree } from './floors.ts'
import { importsOf, scan } from './imports.ts'

const ROOT = new URL('../../', import.meta.url)

function readTree(folder: string): Tree {
  const entries = readdirSync(new URL(folder, ROOT), { recursive: true, withFileTypes: true })
  const base = ROOT.pathname
  const files = entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`)
  return new Map(
    files.map((path) => [path.slice(base.length).replaceAll('//', '/'), readFileSync(path, 'utf8')]),
  )
}

const POLICY = {
  'src/policies/key/schema.ts': '',
  'src/policies/key/index.ts': '',
  'src/policies/key/README.md': '',
}

const problemsOf = (files: Record<string, string>): string[] => floorProblems(new Map(Object.entries(files)))

t.test('every file below src keeps to its floor', async (t) => {
  const tree = readTree('src/')
  t.ok(tree.size > 0, 'there are files to look at')
  t.strictSame(floorProblems(tree), [])
})

const GOOD: Record<string, Record<string, string>> = {
  'core imports core': { 'src/core/a.ts': "import { b } from './b.ts'", 'src/core/b.ts': '' },
  'a policy uses zod, node:crypto and core': {
    ...POLICY,
    'src/core/a.ts': '',
    'src/policies/key/index.ts':
      "import { z } from 'zod'\nimport { createHash } from 'node:crypto'\nimport type { A } from '../../core/a.ts'",
  },
  'Fastify in http': {
    'src/http/server.ts': "import Fastify from 'fastify'\nimport proxy from '@fastify/http-proxy'",
  },
  'main wires all': { 'src/main.ts': "import './http/server.ts'", 'src/http/server.ts': '' },
  'a comment or a text in core may speak of time': {
    'src/core/a.ts':
      '// Date.now\n/* process.env */\nconst a = \'import x from "node:fs"\'\nconst b = new Date(0)\nfacts.fetch(b)',
  },
}

for (const [name, files] of Object.entries(GOOD)) {
  t.test(`allowed: ${name}`, async (t) => t.strictSame(problemsOf(files), []))
}

const BAD: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  [
    'core uses node:',
    { 'src/core/a.ts': "import { join } from 'node:path'" },
    /^src\/core\/a\.ts: imports 'node:path': core imports no package/,
  ],
  [
    'core uses a package, for a type',
    { 'src/core/a.ts': "import type { Z } from 'zod'" },
    /imports 'zod': core imports no/,
  ],
  [
    'core uses a package, in a type expression',
    { 'src/core/a.ts': "type Z = import('zod').Z" },
    /imports 'zod': core/,
  ],
  [
    'core looks up',
    { 'src/core/a.ts': "export type { B } from '../config/b.ts'", 'src/config/b.ts': '' },
    /core is floor 0, the other is floor 2/,
  ],
  [
    'an import over several lines',
    { 'src/core/a.ts': "import {\n  b,\n  type C,\n} from '../config/b.ts'", 'src/config/b.ts': '' },
    /only go down/,
  ],
  [
    'config sees adapters',
    { 'src/config/a.ts': "import '../adapters/b.ts'", 'src/adapters/b.ts': '' },
    /config and adapters do not see each other/,
  ],
  [
    'adapters see config',
    { 'src/adapters/a.ts': "import '../config/b.ts'", 'src/config/b.ts': '' },
    /do not see each other/,
  ],
  [
    'Fastify in an adapter',
    { 'src/adapters/a.ts': "import type { FastifyInstance } from 'fastify'" },
    /Fastify lives in/,
  ],
  [
    'a Fastify plug-in in main',
    { 'src/main.ts': "const x = await import('@fastify/cors')" },
    /'@fastify\/cors': Fastify lives in/,
  ],
  [
    'a policy uses undici',
    { ...POLICY, 'src/policies/key/index.ts': "import { Pool } from 'undici'" },
    /imports 'undici': policies import only core and zod/,
  ],
  [
    'a policy uses node:fs',
    { ...POLICY, 'src/policies/key/schema.ts': "import fs from 'node:fs'" },
    /imports 'node:fs': policies/,
  ],
  [
    'a policy without a README',
    { 'src/policies/a/schema.ts': '', 'src/policies/a/index.ts': '' },
    /src\/policies\/a: lacks README\.md/,
  ],
  ['require', { 'src/core/a.ts': "const fs = require('fs')" }, /imports 'fs': core/],
  ['a computed import', { 'src/cli/a.ts': 'await import(name)' }, /computed import/],
  ['a template import', { 'src/cli/a.ts': 'await import(`./$' + '{name}.ts`)' }, /computed import/],
  ['out of src', { 'src/cli/a.ts': "import '../../test/x.ts'" }, /nothing outside src/],
  [
    'a missing extension',
    { 'src/core/a.ts': "import { b } from './b'", 'src/core/b.ts': '' },
    /no such file/,
  ],
  ['a utils folder', { 'src/http/utils/a.ts': '' }, /no utils\/ folder/],
  ['a folder without a floor', { 'src/lib/a.ts': '' }, /no floor for 'lib'/],
  ['a barrel', { 'src/core/index.ts': '' }, /no index\.ts but/],
  [
    'a cycle',
    { 'src/core/a.ts': "import './b.ts'", 'src/core/b.ts': "import './a.ts'" },
    /cycle: src\/core\/a\.ts -> src\/core\/b\.ts -> src\/core\/a\.ts/,
  ],
  [
    'a cycle of types',
    {
      'src/core/a.ts': "import type { B } from './b.ts'",
      'src/core/b.ts': "import type { A } from './a.ts'",
    },
    /cycle/,
  ],
  [
    'an import after a regular expression with quotes',
    { 'src/core/a.ts': "const r = /['\"`]/\nimport 'node:fs'" },
    /node:fs/,
  ],
]

for (const [name, files, wanted] of BAD) {
  t.test(`refused: ${name}`, async (t) => t.match(problemsOf(files), [wanted]))
}

const IMPURE = [
  'Date.now()',
  'new Date()',
  'process.env',
  'setTimeout(f, 1)',
  'setInterval(f)',
  'fetch(url)',
  'Math.random()',
]
for (const code of [
  ...IMPURE,
  'performance.now()',
  'crypto.randomUUID()',
  'console.log(1)',
  '`$' + '{process.pid}`',
]) {
  t.test(`refused: core mentions ${code}`, async (t) => {
    t.match(problemsOf({ 'src/core/a.ts': `export const a = ${code}` }), [
      /core reaches the outside through ports only/,
    ])
  })
}

t.test('the scan keeps lines and lengths', async (t) => {
  const source = readFileSync(new URL('imports.ts', import.meta.url), 'utf8')
  const { code, bare } = scan(source)
  t.equal(code.length, source.length)
  t.equal(bare.split('\n').length, source.split('\n').length)
})

t.test('imports named in comments and texts are none', async (t) => {
  const source = "// import 'a'\n/*\nimport 'b'\n*/\nconst y = \"import('d')\"\nimport 'e'"
  t.strictSame(importsOf(source), ['e'])
})
