import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Command } from '../child.ts'
import type { DemoKey } from '../demo-key.ts'

/** What a contender is given to build its configuration from. */
export interface Setting {
  /** A folder of its own, for configuration and logs. */
  readonly dir: string
  readonly port: number
  readonly opsPort: number
  readonly upstreamPort: number
  readonly key: DemoKey
  /** Where a contender that shares its limits counts them, and in how many windows. */
  readonly redisPort?: number
  readonly windows?: number
}

export interface Contender {
  readonly id: string
  readonly title: string
  /** It has to answer 401 without a key. */
  readonly needsKey: boolean
  /** Headers its replies have to carry: proof that it does what it is timed for. */
  readonly mustSend: readonly string[]
  /** The file that has to grow by one line per request, inside its folder. */
  readonly requestLog: string | null
  /** Why it cannot run here, or null. */
  readonly unavailable: () => string | null
  readonly command: (setting: Setting) => Command
}

export const defaultReadyMs = 15_000

/** A server of ours in `contenders/`, given its setting as JSON. */
export function nodeCommand(script: string, setting: Setting): Command {
  return {
    command: execPath,
    args: [...reporterArgs(), fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(setting)],
    logFile: `${setting.dir}/output.log`,
    readyUrl: `http://127.0.0.1:${setting.port}/`,
    readyStatus: null,
    readyTimeoutMs: defaultReadyMs,
  }
}

/** Where there is no /proc, the process itself has to say what it has used. */
export function reporterArgs(): string[] {
  return process.platform === 'linux' ? [] : ['--import', new URL('../cpu-reporter.ts', import.meta.url).href]
}

/** Read by the servers in `contenders/`: the setting they were started with. */
export function settingFromArgs(): Setting {
  return JSON.parse(process.argv[2] ?? '{}')
}
