import type { Finding, Result } from './result.ts'
import { type Bar, type Row, type Spread, verdict } from './stats.ts'
import { bodyBytes, connections } from './workload.ts'

const columns = ['contender', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MB', 'failed']

/** `43.1 (42.0–45.3)` */
function spreadText({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`
}

function cells(row: Row): string[] {
  return [
    row.title,
    spreadText(row.cpuMicros, 1),
    spreadText(row.requestsPerSecond, 0),
    spreadText(row.p50Ms, 2),
    spreadText(row.p99Ms, 2),
    spreadText(row.rssMb, 0),
    String(row.failures),
  ]
}

function barCells(bar: Bar): string[] {
  const digits = bar.unit === '×' ? 2 : 0
  const value = bar.value === null ? '–' : `${spreadText(bar.value, digits)} ${bar.unit}`
  return [bar.name, value, `${bar.kind} ≤ ${bar.max} ${bar.unit}`, verdict(bar)]
}

/** For a terminal: columns padded with spaces. */
function textTable(lines: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const line of lines)
    line.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = header.map((_, i) => (i === 0 ? '---' : '--:'))
  return [header, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function remarks(result: Finding): string[] {
  return [
    ...result.notes,
    ...result.skipped.map(({ id, why }) => `${id} was left out: ${why.split('\n')[0]}`),
  ]
}

/** What is printed for people. */
export function terminalReport(result: Finding): string {
  const parts = [
    result.rows.length > 0 ? textTable([columns, ...result.rows.map(cells)]) : '',
    textTable(result.bars.map(barCells)),
    remarks(result).join('\n'),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** What goes into `bench/results.md`. */
export function markdownReport(result: Result): string {
  return `# What a request costs

${setup(result)}

![CPU time per request, a bar per contender](results.svg)

Median over ${result.rounds} rounds, and in brackets the lowest and the highest round:

${markdownTable(columns, result.rows.map(cells))}

Ratios are of CPU time per request, taken within each round; their median decides.

${markdownTable(['what', 'measured', 'wanted', 'verdict'], result.bars.map(barCells))}
${remarks(result)
  .map((line) => `\n- ${line}`)
  .join('')}

Run it again with \`npm run bench\`. Absolute numbers belong to the machine they were taken on; the ratios travel.
`
}

function setup({ date, node, cores, pinning, rounds, seconds }: Result): string {
  return `${date}, Node ${node.slice(1)}, ${cores} cores (${pinning}). One JSON reply of ${bodyBytes} bytes,
${connections} keep-alive connections, ${rounds} interleaved rounds of ${seconds} s for each contender. CPU time is user and system
time of all processes of the contender.`
}
