// What a large index takes after its first hit: another query, a first answer by meaning, opening it, and memory.

import fs from 'node:fs'
import { measureDownload } from './bytes.mjs'
import { FAR_LINE, roundsOf } from './line.mjs'
import { SEARCHES } from './rivals.mjs'
import { median, timesOf } from './stats.mjs'
import { askNext, openSearch, searchPage, visit } from './visits.mjs'

/** @import { Sent } from './server.mjs' */
/** @typedef {{ bytes: number, rounds: number, requests: number }} Fetched medians; bytes in brotli */
/**
 * @typedef {object} Large
 * @property {Record<string, Fetched>} further by search: another query by words on the same page
 * @property {Fetched} [hybrid] a first answer by words and meaning, without modules, scripts and model
 * @property {Record<'empty' | 'full', import('./stats.mjs').Figures>} opening from the script to the first hits by words, by the browser's caches, ms
 * @property {{ first: number, queries: number }} [memory] of WebAssembly, bytes: after the first answer by meaning and after a hundred
 */

/** How often an index is opened. */
const OPENINGS = 5

/** First answers by meaning: each on a visit of its own. */
const FIRST_ANSWERS = 10

/** Queries until memory is read. */
const QUERIES = 100

/** Whether a file is of the index and not of the model in it. @param {Sent} sent */
const isOfIndex = ({ path }) => path.includes('/search/') && !path.includes('/search/model/')

/**
 * @param {string} folder
 * @param {{ topics: { text: string }[], questions?: string | undefined }} asked `questions` is a file of questions, one a line
 * @returns {Promise<Large>}
 */
export async function measureLarge(folder, { topics, questions }) {
  const texts = topics.map(({ text }) => text)
  const lines = questions ? fs.readFileSync(questions, 'utf8').split('\n').filter(Boolean) : []
  /** @type {Record<string, Fetched>} */
  const further = {}
  // The others have all of their index by then.
  for (const search of ['inkling-words', 'pagefind']) further[search] = await furtherQueries(folder, search, texts)
  return {
    further,
    opening: await openings(folder, texts[0] ?? ''),
    ...(lines.length > 0 && {
      hybrid: await firstAnswers(folder, lines.slice(0, FIRST_ANSWERS)),
      memory: await memoryOf(folder, lines.slice(0, QUERIES)),
    }),
  }
}

/** @param {Sent[]} sent @returns {Promise<Fetched>} */
const fetchedBy = async (sent) => ({
  bytes: (await measureDownload(sent)).total.brotli,
  rounds: roundsOf(sent),
  requests: sent.length,
})

/** @param {Fetched[]} all @returns {Fetched} */
function medians(all) {
  const of = (/** @type {keyof Fetched} */ what) => median(all.map((one) => one[what]))
  return { bytes: of('bytes'), rounds: of('rounds'), requests: of('requests') }
}

/** @param {string} folder @param {string} search @param {string[]} texts */
function furtherQueries(folder, search, [first = '', ...texts]) {
  return visit({ line: FAR_LINE }, async ({ page, server }) => {
    await openSearch(page, folder, search, first)
    const fetched = []
    for (const text of texts) {
      server.sent.length = 0
      await askNext(page, text)
      fetched.push(await fetchedBy([...server.sent]))
    }
    return medians(fetched)
  })
}

/** @param {string} folder @param {string[]} questions */
async function firstAnswers(folder, questions) {
  const fetched = []
  for (const question of questions) {
    const sent = await visit({ line: FAR_LINE }, async ({ page, server }) => {
      await openSearch(page, folder, 'inkling-hybrid', question)
      return server.sent.filter(isOfIndex)
    })
    fetched.push(await fetchedBy(sent))
  }
  return medians(fetched)
}

/** @param {string} folder @param {string} text */
async function openings(folder, text) {
  const [empty, full] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
  for (let count = 0; count < OPENINGS; count++) {
    await visit({}, async ({ page, context, server }) => {
      empty.push(await openSearch(page, folder, 'inkling-words', text))
      await page.close()
      full.push(await openSearch(await searchPage(context, server.url), folder, 'inkling-words', text))
    })
  }
  return { empty: timesOf(empty), full: timesOf(full) }
}

/** @param {string} folder @param {string[]} questions */
function memoryOf(folder, [first = '', ...questions]) {
  return visit({}, async ({ page }) => {
    const memory = () => page.evaluate(() => /** @type {any} */ (globalThis).ranking.memory())
    await page.evaluate(() => /** @type {any} */ (globalThis).ranking.watch())
    await openSearch(page, folder, 'inkling-hybrid', first)
    const atFirst = await memory()
    for (const question of questions) await askNext(page, question)
    return { first: atFirst, queries: await memory() }
  })
}

/** The part of the report. @param {Large} large @returns {string[]} */
export function largeParts({ further, hybrid, opening, memory }) {
  const kilobytes = (/** @type {number} */ bytes) => (bytes / 1e3).toFixed(0)
  const row = (/** @type {string} */ name, /** @type {Fetched} */ { bytes, rounds, requests }) =>
    `| ${[name, kilobytes(bytes), String(rounds), String(requests)].join(' | ')} |`
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1)
  const rows = Object.entries(further).map(([search, fetched]) => row(`another query, ${SEARCHES[search]}`, fetched))
  if (hybrid) rows.push(row('first answer by words and meaning, without module and model', hybrid))
  const parts = [['| | KB | rounds | requests |', '| --- | --: | --: | --: |', ...rows].join('\n')]
  parts.push(
    `From the script to the first hits by words, ms: ${opening.empty.median} (best ${opening.empty.best}) with empty caches, ` +
      `${opening.full.median} (best ${opening.full.best}) on a second page.`,
  )
  if (memory)
    parts.push(
      `WebAssembly’s memory, MB: ${megabytes(memory.first)} after the first answer by meaning, ${megabytes(memory.queries)} after ${QUERIES}, nothing fetched unasked.`,
    )
  return parts
}
