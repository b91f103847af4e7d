// What a first visit fetches until words give a hit, counted by the server, beside other searches on the same documents.

import path from 'node:path'
import { say } from '../../scripts/lib.mjs'
import { open, withBrowser } from './browser.mjs'
import { measureDownload } from './bytes.mjs'
import { judgedCollection, madeSite, thousandSessions } from './collections.mjs'
import { makeIndexes } from './rivals.mjs'
import { serveBench } from './server.mjs'
import { inBench } from './setup.mjs'
import { median } from './stats.mjs'

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
/** @typedef {{ name: string, documents: number, searches: Record<string, FirstBytes> }[]} FirstResults */

/** Documents of the made sites. @param {boolean} quick */
const sizes = (quick) => (quick ? [1000] : [1000, 10_000])

/** Counts the bytes of a first hit on every collection. @param {{ quick: boolean }} effort @returns {Promise<FirstResults>} */
export async function measureFirst({ quick }) {
  /** @type {[string, Collection][]} */
  const collections = [
    ['judged', judgedCollection()],
    ['sessions', thousandSessions()],
    ...sizes(quick).map((size) => /** @type {[string, Collection]} */ ([`made-${size}`, madeSite(size)])),
  ]
  const results = []
  for (const [folder, collection] of collections) {
    const { name, documents, topics } = collection
    say(`bytes of a first hit on ${name}`)
    await makeIndexes(inBench('ranking', folder), documents)
    /** @type {Record<string, FirstBytes>} */
    const searches = {}
    for (const search of Object.keys(SEARCHES)) {
      const visits = []
      for (const { text } of topics.slice(0, QUERIES)) visits.push(await bytesOf(await visit(folder, search, text)))
      searches[search] = medians(visits)
    }
    results.push({ name, documents: documents.length, searches })
  }
  return results
}

/** What a fresh browser fetches until a search has answered. @param {string} folder @param {string} search @param {string} text @returns {Promise<Sent[]>} */
async function visit(folder, search, text) {
  const server = await serveBench({ isolated: true })
  try {
    return await withBrowser([], async (context) => {
      const page = await open(context, `${server.url}/page/ranking.html`)
      await page.waitForFunction(() => 'ranking' in globalThis)
      server.sent.length = 0
      await page.evaluate(
        ({ script, base, search, text }) => /** @type {any} */ (globalThis).ranking.open(script, base, search, text),
        { script: `/page/search-${search.split('-')[0]}.js`, base: `/ranking/${folder}/`, search, text },
      )
      return [...server.sent]
    })
  } finally {
    server.close()
  }
}

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
  return results.flatMap(({ name, documents, searches }) => {
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
    ]
  })
}
