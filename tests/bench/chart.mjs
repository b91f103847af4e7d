// The chart: time for one text, a panel for each length, each panel to its own scale.

import { labelOf } from './engines.mjs'
import { LENGTHS } from './texts.mjs'

/** @import { Results } from './results.mjs' */

/** Engines in the chart, ours first. */
const SHOWN = ['inkling', 'q8', 'fp32', 'candle']

const COLUMNS = 2
const WIDTH = 800
const MARGIN = 16
const HEADER = 62
const FOOTER = 28
const PANEL_WIDTH = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS
const TITLE_HEIGHT = 26
const BAR_HEIGHT = 16
const BAR_STEP = 22
const NAME_WIDTH = 132
const VALUE_WIDTH = 62

// The picture has no background of its own: it lies on the page's, light or dark.
const STYLE = `
    text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328 }
    .head { font-size: 17px; font-weight: 600 }
    .panel { font-weight: 600 }
    .quiet { fill: #59636e }
    .name { text-anchor: end }
    .ours { fill: #0969da }
    .theirs { fill: #9aa4af }
    .own { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 }
      .ours { fill: #4493f8 }
      .theirs { fill: #59636e }
    }`

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** @param {number} value */
const ms = (value) => `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`

/** The chart of the first timing, or nothing when there was none. @param {Results} results */
export function chart({ runs, machine, date }) {
  const run = runs[0]
  if (!run) return undefined
  const names = SHOWN.filter((name) => run.engines[name])
  const panelHeight = TITLE_HEIGHT + names.length * BAR_STEP + 12
  const height = HEADER + Math.ceil(LENGTHS.length / COLUMNS) * panelHeight + FOOTER
  const panels = LENGTHS.map((tokens, i) => {
    const x = MARGIN + (i % COLUMNS) * (PANEL_WIDTH + MARGIN)
    const y = HEADER + Math.floor(i / COLUMNS) * panelHeight
    return panel(
      tokens,
      names.map((name) => ({ name, median: run.encode[tokens]?.[name]?.median ?? 0 })),
      x,
      y,
    )
  })
  const caption = 'From text to vector, all-MiniLM-L6-v2, one thread'
  const remark = names.includes('candle') ? '; candle starts from token ids' : ''
  const source = `${date}, Chromium ${machine.browser.split('.')[0]}, ${machine.processor}${remark}`
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title description">
  <title id="title">${caption}</title>
  <desc id="description">${escaped(description(run.encode, names))}</desc>
  <style>${STYLE}
  </style>
  <text class="head" x="${MARGIN}" y="26">${caption}</text>
  <text class="quiet" x="${MARGIN}" y="46">Median milliseconds, less is better. Each panel has its own scale.</text>
${panels.join('\n')}
  <text class="quiet" x="${MARGIN}" y="${height - 10}">${escaped(source)}</text>
</svg>
`
}

/** The same in words. @param {Record<number, import('./timing.mjs').ByEngine>} encode @param {string[]} names */
function description(encode, names) {
  return LENGTHS.map((tokens) => {
    const times = names.map((name) => `${labelOf(name)} ${ms(encode[tokens]?.[name]?.median ?? 0)}`)
    return `${tokens} tokens: ${times.join(', ')}.`
  }).join(' ')
}

/**
 * One length.
 * @param {number} tokens
 * @param {{ name: string, median: number }[]} bars
 * @param {number} x
 * @param {number} y
 */
function panel(tokens, bars, x, y) {
  const longest = Math.max(...bars.map(({ median }) => median))
  const room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH - 16
  const rows = bars.map(({ name, median }, i) => {
    const top = y + TITLE_HEIGHT + i * BAR_STEP
    const [start, length] = [x + NAME_WIDTH + 8, Math.max(1, (room * median) / longest)]
    const [bar, label] = name === 'inkling' ? ['ours', ' own'] : ['theirs', '']
    return `  <text class="name${label}" x="${x + NAME_WIDTH}" y="${top + 12}">${escaped(labelOf(name))}</text>
  <rect class="${bar}" x="${start}" y="${top}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>
  <text class="value${label}" x="${(start + length + 6).toFixed(1)}" y="${top + 12}">${ms(median)}</text>`
  })
  return `  <text class="panel" x="${x}" y="${y + 16}">${tokens} tokens</text>\n${rows.join('\n')}`
}
