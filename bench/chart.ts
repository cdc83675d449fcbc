import type { Row } from './stats.ts'

const barHeight = 22
const rowHeight = 46
const left = 16
const plotWidth = 530
const width = 720
const top = 54

/** A bar per contender for the median, a line over it from the lowest to the highest round. Any text is escaped. */
export function barChart(rows: readonly Row[]): string {
  const longest = Math.max(1, ...rows.map((row) => row.cpuMicros.high))
  const height = top + rows.length * rowHeight + 12
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">CPU microseconds per request</title>
<style>${style}</style>
<rect class="ground" width="${width}" height="${height}" rx="8"/>
<text class="head" x="${left}" y="30">CPU µs per request: shorter is cheaper</text>
${rows.map((row, i) => rowOf(row, i, plotWidth / longest)).join('\n')}
</svg>
`
}

const style = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.head { font-size: 15px; font-weight: 600 }
.ground { fill: #ffffff }
.bar { fill: #8c959f }
.ours { fill: #0969da }
.range { stroke: #24292f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.ground { fill: #0d1117 }
.bar { fill: #6e7681 }
.ours { fill: #4493f8 }
.range { stroke: #e6edf3 }
}
`

function rowOf(row: Row, index: number, scale: number): string {
  const { median, low, high } = row.cpuMicros
  const y = top + index * rowHeight
  const middle = y + barHeight / 2 + 4
  const kind = row.id === 'sallyport' ? 'bar ours' : 'bar'
  const at = (micros: number) => (left + micros * scale).toFixed(1)
  return `<text x="${left}" y="${y}">${escapeXml(row.title)}</text>
<rect class="${kind}" x="${left}" y="${y + 5}" width="${(median * scale).toFixed(1)}" height="${barHeight}" rx="3"/>
<line class="range" x1="${at(low)}" x2="${at(high)}" y1="${middle + 1}" y2="${middle + 1}"/>
<text x="${(left + high * scale + 10).toFixed(1)}" y="${middle + 5}">${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})</text>`
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
