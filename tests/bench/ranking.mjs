// Ranking, timed: word queries and scans in made indexes of any size, natively and in Chromium, and other searches beside it.

import fs from 'node:fs'
import { NATIVE } from '../../scripts/cargo.mjs'
import { run, say } from '../../scripts/lib.mjs'
import { modelFolder } from '../../scripts/site.mjs'
import { open, withBrowser } from './browser.mjs'
import { judgedCollection, thousandSessions } from './collections.mjs'
import { compareSearches, indexSizes, makeIndexes } from './rivals.mjs'
import { serveBench } from './server.mjs'
import { inBench } from './setup.mjs'

/** @typedef {{ median: number, most: number }} Words milliseconds of the median query and of the slowest */
/** @typedef {{ median: number, best: number }} Span milliseconds */
/** @typedef {{ open: number, words: Record<string, Words>, scan: Span, copy: Span, workers?: number }} SizeTimes */
/**
 * @typedef {object} RankingResults
 * @property {Record<string, SizeTimes>} native by DOCUMENTSxPASSAGES
 * @property {Record<string, SizeTimes>} chromium
 * @property {Awaited<ReturnType<typeof indexSizes>>} index
 * @property {{ name: string, documents: number, queries: number, searches: Awaited<ReturnType<typeof compareSearches>> }[]} comparisons
 */

/** Documents and passages of each: words at 1,000 and 100,000, scans at 100,000 and 1,000,000 passages. */
const SIZES = ['1000x1', '100000x1', '100000x10']
const QUICK_SIZES = ['1000x1', '20000x1']

/**
 * Everything about ranking.
 * @param {{ quick: boolean, rounds: number }} effort
 * @returns {Promise<RankingResults>}
 */
export async function measureRanking({ quick, rounds }) {
  const sizes = quick ? QUICK_SIZES : SIZES
  say('timing ranking natively (made indexes, the first time a minute)')
  const native = await timeNatively(sizes, rounds)
  say('timing ranking in Chromium')
  /** @type {Record<string, SizeTimes>} */
  const chromium = {}
  for (const size of sizes) chromium[size] = await timeInChromium(size, rounds)
  const comparisons = []
  const sessions = thousandSessions()
  for (const [folder, collection] of /** @type {const} */ ([
    ['judged', judgedCollection()],
    ['sessions', sessions],
  ])) {
    say(`comparing searches on ${collection.name}`)
    await makeIndexes(inBench('ranking', folder), collection.documents)
    const { name, documents, topics } = collection
    comparisons.push({
      name,
      documents: documents.length,
      queries: topics.length,
      searches: await compareSearches(folder, collection),
    })
  }
  return { native, chromium, index: await indexSizes('sessions', sessions.documents.length), comparisons }
}

/** @param {string[]} sizes @param {number} rounds @returns {Promise<Record<string, SizeTimes>>} */
async function timeNatively(sizes, rounds) {
  const report = inBench('ranking', 'native.json')
  fs.mkdirSync(inBench('ranking'), { recursive: true })
  const options = ['--out', inBench('ranking'), '--model', modelFolder, '--rounds', String(rounds), '--report', report]
  await run('cargo', [
    'bench',
    '--quiet',
    '--features',
    NATIVE,
    '--bench',
    'ranking',
    '--',
    ...options,
    ...sizes.flatMap((size) => ['--size', size]),
  ])
  return JSON.parse(fs.readFileSync(report, 'utf8'))
}

/** @param {string} size @param {number} rounds @returns {Promise<SizeTimes>} */
async function timeInChromium(size, rounds) {
  const server = await serveBench({ isolated: true })
  try {
    return await withBrowser([], async (context) => {
      const page = await open(context, `${server.url}/page/ranking.html`)
      await page.waitForFunction(() => 'ranking' in globalThis)
      const queries = JSON.parse(fs.readFileSync(inBench('ranking', size, 'queries.json'), 'utf8'))
      return page.evaluate(
        ({ base, queries, rounds }) => /** @type {any} */ (globalThis).ranking.time(base, queries, rounds),
        { base: `/ranking/${size}/`, queries, rounds },
      )
    })
  } finally {
    server.close()
  }
}
