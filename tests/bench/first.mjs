// What a first visit fetches until words give a hit, counted by the server, beside other searches on the same documents.

import path from 'node:path'
import { hashOf, root, say, unlessDone } from '../../scripts/lib.mjs'
import { measureDownload } from './bytes.mjs'
import { judgedCollection, thousandSessions } from './collections.mjs'
import { largeParts, measureLarge } from './large.mjs'
import { madeSite } from './made.mjs'
import { hasIndex, makeIndexes } from './rivals.mjs'
import { inBench } from './setup.mjs'
import { median } from './stats.mjs'
import { openSearch, visit } from './visits.mjs'

/** @import { Collection } from './collections.mjs' */
/** @import { Sent } from './server.mjs' */

/** What the tables call them. @type {Record<string, string>} */
const SEARCHES = {
  'inkling-words': 'Inkling, by words',
  minisearch: 'MiniSearch',
  orama: 'Orama',
  pagefind: 'Pagefind',
}

/** How many queries are asked, each on a first visit of its own. */
const QUERIES = 3

/** What files are for, in the order of the tables. */
const KINDS = /** @type {const} */ (['script', 'module', 'index'])

/** @typedef {Record<typeof KINDS[number] | 'all', number> & { requests: number }} FirstBytes bytes in brotli, the median of the queries */
/** @typedef {{ name: string, documents: number, searches: Record<string, FirstBytes>, large?: import('./large.mjs').Large }[]} FirstResults */

/** A site whose passages are by cluster, of which a question fetches a part: from here on more is measured. */
const LARGE = 10_000

/**
 * Counts the bytes of a first hit on every collection.
 * @param {{ quick: boolean, vectors?: string | undefined, questions?: string | undefined }} effort files of vectors for large made sites, and of questions about them
 * @returns {Promise<FirstResults>}
 */
export async function measureFirst({ quick, vectors, questions }) {
  /** @type {FirstResults} */
  const results = []
  const count = async (/** @type {string} */ folder, /** @type {Collection} */ { name, documents, topics }) => {
    say(`bytes of a first hit on ${name}, ${documents.length} documents`)
    /** @type {Record<string, FirstBytes>} */
    const searches = {}
    for (const search of Object.keys(SEARCHES)) {
      if (!hasIndex(inBench('ranking', folder), search)) continue
      const visits = []
      for (const { text } of topics.slice(0, QUERIES))
        visits.push(await bytesOf(await firstVisit(folder, search, text)))
      searches[search] = medians(visits)
    }
    const large = documents.length >= LARGE && { large: await measureLarge(folder, { topics, questions }) }
    results.push({ name, documents: documents.length, searches, ...large })
  }
  for (const [folder, collection] of /** @type {const} */ ([
    ['judged', judgedCollection()],
    ['sessions', thousandSessions()],
    ['made-1000', madeSite(1000)],
  ])) {
    await makeIndexes(inBench('ranking', folder), collection.documents)
    await count(folder, collection)
  }
  if (quick || !vectors) return results
  for (const size of [LARGE, 10 * LARGE]) {
    const [folder, site] = [`made-${size}`, madeSite(size)]
    await makeLarge(folder, site, vectors)
    await count(folder, site)
  }
  return results
}

/** The indexes of a large site, unless they are there: they take minutes. @param {string} folder @param {Collection} site @param {string} vectors */
const makeLarge = (folder, { documents }, vectors) =>
  unlessDone({
    name: `bench-${folder}`,
    inputs: hashOf(
      ['tests/bench/made.mjs', 'tests/bench/rivals.mjs', 'src/engine', 'src/index', 'src/text'],
      [vectors],
    ),
    outputs: [path.relative(root, inBench('ranking', folder, 'search', 'manifest.json'))],
    work: () => makeIndexes(inBench('ranking', folder), documents, vectors),
  })

/** What a fresh browser fetches until a search has answered. @param {string} folder @param {string} search @param {string} text @returns {Promise<Sent[]>} */
const firstVisit = (folder, search, text) =>
  visit({}, async ({ page, server }) => {
    await openSearch(page, folder, search, text)
    return [...server.sent]
  })

/** @param {Sent[]} sent @returns {Promise<FirstBytes>} */
async function bytesOf(sent) {
  const { files, total } = await measureDownload(sent)
  const bytes = { script: 0, module: 0, index: 0, all: total.brotli, requests: files.length }
  for (const { path: address, brotli } of files) {
    const extension = path.extname(address)
    bytes[extension === '.js' ? 'script' : extension === '.wasm' ? 'module' : 'index'] += brotli
  }
  return bytes
}

/** @param {FirstBytes[]} visits @returns {FirstBytes} */
function medians(visits) {
  const of = (/** @type {keyof FirstBytes} */ what) => median(visits.map((visit) => visit[what]))
  return { script: of('script'), module: of('module'), index: of('index'), all: of('all'), requests: of('requests') }
}

/** The part of the report. @param {FirstResults} results @returns {string[]} */
export function firstParts(results) {
  const kilobytes = (/** @type {number} */ bytes) => (bytes / 1e3).toFixed(0)
  return results.flatMap(({ name, documents, searches, large }) => {
    const head = ['', 'all', ...KINDS, 'requests']
    const rows = Object.entries(searches).map(([search, bytes]) => [
      SEARCHES[search] ?? search,
      ...[bytes.all, ...KINDS.map((kind) => bytes[kind])].map(kilobytes),
      String(bytes.requests),
    ])
    const lines = [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...rows]
    return [
      `## To the first hit by words on ${name}, ${documents} documents: KB in brotli, the page left out`,
      lines.map((row) => `| ${row.join(' | ')} |`).join('\n'),
      ...(large ? largeParts(large) : []),
    ]
  })
}
