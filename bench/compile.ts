import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageOptions, sallyport } from './contenders/sallyport.ts'
import { demoKey } from './demo-key.ts'
import { keyFile, keyLines, sizedPolicy } from './policy.ts'
import { progress, runAlone } from './program.ts'
import { type Finding, skippedPart } from './result.ts'
import { spread } from './stats.ts'

const runs = 5
const routes = 1000
const maxMs = 300
const timeoutMs = 30_000
const program = fileURLToPath(new URL('load.ts', import.meta.url))

/**
 * What 1,000 routes cost to read and compile, cold: a program that loads them as a gate does, less the same with one
 * route, which costs the start of the program. Interleaved; the median difference is held to 300 ms. `sallyport check`
 * takes longer, since it looks at the whole file once more.
 */
export async function measureCompile(): Promise<Finding> {
  const why = sallyport.unavailable()
  if (why !== null) return skippedPart('compile', why, 'absent')
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-compile-'))
  try {
    const value = spread(await differences(policyFile(dir, routes), policyFile(dir, 1)))
    const name = `compiling ${routes} routes`
    return { rows: [], bars: [{ name, value, max: maxMs, unit: 'ms', kind: 'bar' }], notes: [], skipped: [] }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function differences(large: string, small: string): Promise<number[]> {
  const list: number[] = []
  for (let run = 0; run < runs; run++) {
    const smallMs = await loadMs(small)
    const largeMs = await loadMs(large)
    list.push(largeMs - smallMs)
    progress(
      `compile ${run + 1}/${runs}  ${routes} routes ${largeMs.toFixed(0)} ms, 1 route ${smallMs.toFixed(0)} ms`,
    )
  }
  return list
}

function policyFile(dir: string, count: number): string {
  const file = join(dir, `${count}.yaml`)
  const setting = { dir, port: 8080, opsPort: 9901, upstreamPort: 3000, key: demoKey(0) }
  writeFileSync(join(dir, keyFile), keyLines(1))
  writeFileSync(file, sizedPolicy(setting, count))
  return file
}

/** @throws Error when the generated file is refused */
function loadMs(file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    execFile(
      process.execPath,
      [...imageOptions(), program, file],
      { timeout: timeoutMs },
      (error, stdout, stderr) => {
        if (error === null) resolve(performance.now() - startedAt)
        else reject(new Error(`loading a policy: ${error.message} ${stdout} ${stderr}`.slice(0, 1000)))
      },
    )
  })
}

if (import.meta.main) await runAlone('compile', measureCompile)
