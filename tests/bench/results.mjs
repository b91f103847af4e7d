// The results as they are kept: figures as JSON, tables as Markdown, and a chart.

import fs from 'node:fs'
import path from 'node:path'
import { say } from '../../scripts/lib.mjs'
import { chart } from './chart.mjs'
import { tables } from './tables.mjs'

/**
 * Everything one invocation has measured. Times are in milliseconds, sizes in bytes, rates in GMAC/s.
 * @typedef {object} Results
 * @property {string} date
 * @property {boolean} quick whether this was only a trial
 * @property {number} rounds
 * @property {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 * @property {ReturnType<typeof import('./machine.mjs').versions>} versions
 * @property {import('./timing.mjs').TimingRun[]} runs
 * @property {Record<string, import('./cold.mjs').ColdTimes>} [cold]
 * @property {Record<string, import('./bytes.mjs').Download>} [downloads]
 * @property {Record<string, import('./memory.mjs').MemoryUse>} [memory]
 * @property {import('./waterfall.mjs').Waterfall} [waterfall]
 * @property {import('./ranking.mjs').RankingResults} [ranking]
 * @property {import('./first.mjs').FirstResults} [first]
 * @property {import('./slow.mjs').Slow} [slow]
 * @property {import('./queries.mjs').QueryEncoders} [queries]
 * @property {Record<string, import('./tasks.mjs').Tasks>} [tasks]
 * @property {import('./webgpu.mjs').GpuRun} [webgpu]
 */

const UNITS = { times: 'ms', peak: 'GMAC/s', downloads: 'bytes', memory: 'bytes' }

/**
 * Writes DATE.json, DATE.md and, when encoding was timed, DATE.svg; prints the tables.
 * @param {string} folder
 * @param {Results} results
 */
export function writeResults(folder, results) {
  fs.mkdirSync(folder, { recursive: true })
  const file = path.join(folder, results.date)
  const text = tables(results)
  fs.writeFileSync(`${file}.json`, `${JSON.stringify({ units: UNITS, ...results }, null, 1)}\n`)
  fs.writeFileSync(`${file}.md`, text)
  const picture = chart(results)
  if (picture) fs.writeFileSync(`${file}.svg`, picture)
  console.log(`\n${text}`)
  say(`written to ${file}.json, .md${picture ? ', .svg' : ''}`)
}
