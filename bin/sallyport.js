#!/usr/bin/env node
import './check-node.cjs'
import { existsSync } from 'node:fs'

// A checkout runs its source, so that a forgotten dist/ is never what answers; the image holds dist/ only.
const source = new URL('../src/main.ts', import.meta.url)
const built = new URL('../dist/main.js', import.meta.url)

await import((existsSync(source) ? source : built).href)
