// First visits over a slow line with a slow processor: how long until the first hits, beside other searches, and on the demo until meaning.

import { say } from '../../scripts/lib.mjs'
import { judgedCollection } from './collections.mjs'
import { SLOW_LINE } from './line.mjs'
import { hasIndex, makeIndexes } from './rivals.mjs'
import { inBench } from './setup.mjs'
import { timesOf } from './stats.mjs'
import { loadScript, openSearch, visit } from './visits.mjs'
import { measureWaterfall } from './waterfall.mjs'

/** @import { Figures } from './stats.mjs' */
/** @typedef {{ name: string, searches: Record<string, Figures>, demo: Record<import('./waterfall.mjs').Answer, Figures> }} Slow milliseconds */

/** What the tables call them. @type {Record<string, string>} */
const SEARCHES = {
  'inkling-words': 'Inkling, by words',
  pagefind: 'Pagefind',
  minisearch: 'MiniSearch',
}

/** How many times slower the processor is made. */
const SLOWER = 4

/** Visitors whose page is there and who go to the box. @param {number} visits of each search @returns {Promise<Slow>} */
export async function measureSlow(visits) {
  const { name, documents, topics } = judgedCollection()
  const folder = 'judged'
  if (!hasIndex(inBench('ranking', folder), 'pagefind')) await makeIndexes(inBench('ranking', folder), documents)
  say(`first hits on ${name} over a slow line`)
  const conditions = { line: SLOW_LINE, slower: SLOWER }
  /** @type {Record<string, number[]>} */
  const times = {}
  // After a visit that does not count: the server has then compressed what it sends.
  for (let count = -1; count < visits; count++) {
    for (const search of Object.keys(SEARCHES)) {
      const ask = topics[(count + 1) % topics.length]?.text ?? ''
      const took = await visit(conditions, async ({ page }) => {
        await loadScript(page, search)
        return openSearch(page, folder, search, ask)
      })
      if (count >= 0) (times[search] ??= []).push(took)
    }
  }
  say('first visits of the demo over a slow line')
  /** @type {Record<import('./waterfall.mjs').Answer, number[]>} */
  const demo = { words: [], hits: [], meaning: [] }
  for (let count = -1; count < visits; count++) {
    const { answers } = await measureWaterfall(conditions)
    if (count < 0) continue
    for (const kind of /** @type {const} */ (['words', 'hits', 'meaning'])) demo[kind].push(answers[kind].at)
  }
  const searches = Object.fromEntries(Object.entries(times).map(([search, list]) => [search, timesOf(list)]))
  return {
    name,
    searches,
    demo: { words: timesOf(demo.words), hits: timesOf(demo.hits), meaning: timesOf(demo.meaning) },
  }
}

/** The part of the report. @param {Slow} slow @returns {string[]} */
export function slowParts({ name, searches, demo }) {
  const seconds = (/** @type {number} */ ms) => (ms / 1000).toFixed(1)
  const row = (/** @type {string} */ what, /** @type {Figures} */ { median, best }) =>
    `| ${what} | ${seconds(median)} | ${seconds(best)} |`
  return [
    `## First visits over ${SLOW_LINE.megabits} Mbit/s and ${SLOW_LINE.milliseconds} ms, on a processor ${SLOWER} times slower, s`,
    'HTTP/2, compressed as hosts do, all answers sharing the line alike. At focus the page has the script of the box, and nothing of the search.',
    [
      '| | median | best |',
      '| --- | --: | --: |',
      ...Object.entries(searches).map(([search, figures]) =>
        row(`${name}, from focus to ten hits: ${SEARCHES[search]}`, figures),
      ),
      row('the demo, from navigation: words can answer', demo.words),
      row('the demo: the first hits', demo.hits),
      row('the demo: the answer by meaning', demo.meaning),
    ].join('\n'),
  ]
}
