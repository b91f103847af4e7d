// The searches that are compared on the same documents: their indexes, made as their manuals say, and what a page fetches.

import fs from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { NATIVE } from '../../scripts/cargo.mjs'
import { run, say } from '../../scripts/lib.mjs'
import { cli, modelFolder, queryModelFolder } from '../../scripts/site.mjs'
import { measureDownload } from './bytes.mjs'
import { ndcg } from './collections.mjs'
import { inBench, modules } from './setup.mjs'
import { median, round } from './stats.mjs'
import { openSearch, visit } from './visits.mjs'

/** @import { Collection, Doc } from './collections.mjs' */
/** @typedef {{ raw: number, brotli: number }} Size */
/** @typedef {{ bytes: Size, milliseconds: number, ndcg: number }} Compared */

/** What the tables call them. @type {Record<string, string>} */
export const SEARCHES = {
  'inkling-words': 'Inkling, words (before the model)',
  'inkling-hybrid': 'Inkling, words and meaning',
  minisearch: 'MiniSearch',
  orama: 'Orama, text, stop words left out',
  pagefind: 'Pagefind, all words, then any',
}

/** A module of a rival, for Node. @param {string[]} parts */
const rival = (...parts) => import(pathToFileURL(path.join(modules, ...parts)).href)

/**
 * Makes all indexes of a collection below build/bench/ranking.
 * @param {string} folder
 * @param {Doc[]} documents
 * @param {string} [vectors] a file of vectors, one for each document, where encoding so many would take too long
 */
export async function makeIndexes(folder, documents, vectors) {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const corpus = path.join(folder, 'corpus.json')
  fs.writeFileSync(corpus, JSON.stringify(documents))
  const out = path.join(folder, 'search')
  if (vectors) {
    const of = [corpus, vectors, modelFolder, queryModelFolder, out]
    await run('cargo', ['bench', '--quiet', '--features', NATIVE, '--bench', 'scale', '--', ...of])
  } else {
    await run(cli, ['index', corpus, '--model', modelFolder, '--out', out])
  }
  for (const [name, make] of Object.entries({ MiniSearch: makeMiniSearch, Orama: makeOrama, Pagefind: makePagefind })) {
    // Of a large site a text may be longer than JavaScript's may be.
    await make(folder, documents).catch((error) => say(`${name} cannot index this: ${error.message}`))
  }
}

/** The file of an index by the name of its search: none where the search could not make it. @type {Record<string, string>} */
const INDEX_FILES = {
  'inkling-words': 'search/manifest.json',
  'inkling-hybrid': 'search/manifest.json',
  minisearch: 'minisearch.json',
  orama: 'orama.json',
  pagefind: 'pagefind/pagefind-entry.json',
}

/** Whether a search has its index in a folder. @param {string} folder @param {string} search */
export const hasIndex = (folder, search) => fs.existsSync(path.join(folder, INDEX_FILES[search] ?? ''))

/** @param {string} folder @param {Doc[]} documents */
async function makeMiniSearch(folder, documents) {
  const { default: MiniSearch } = await rival('minisearch', 'dist', 'es', 'index.js')
  const mini = new MiniSearch({ fields: ['title', 'text'], storeFields: ['title'] })
  mini.addAll(documents)
  fs.writeFileSync(path.join(folder, 'minisearch.json'), JSON.stringify(mini))
}

/** @param {string} folder @param {Doc[]} documents */
async function makeOrama(folder, documents) {
  const { create, insertMultiple, save } = await rival('@orama', 'orama', 'dist', 'esm', 'index.js')
  const { stopwords } = await rival('@orama', 'stopwords', 'dist', 'en.js')
  const schema = { id: 'string', title: 'string', text: 'string' }
  const orama = create({
    schema,
    components: { tokenizer: { language: 'english', stemming: true, stopWords: stopwords } },
  })
  await insertMultiple(orama, documents)
  fs.writeFileSync(path.join(folder, 'orama.json'), JSON.stringify(save(orama)))
}

/** @param {string} folder @param {Doc[]} documents */
async function makePagefind(folder, documents) {
  const pagefind = await rival('pagefind', 'lib', 'index.js')
  const { index } = await pagefind.createIndex({ forceLanguage: 'en' })
  for (const { id, title, text } of documents) {
    await index.addCustomRecord({
      url: `/${encodeURIComponent(id)}`,
      content: `${title}\n${text}`,
      language: 'en',
      meta: { title, id },
    })
  }
  await index.writeFiles({ outputPath: path.join(folder, 'pagefind') })
  // It says that all is written before it is, and closing it leaves the rest out.
  const entry = path.join(folder, 'pagefind', 'pagefind-entry.json')
  for (let tries = 0; tries < 100 && fs.statSync(entry).size === 0; tries++) await setTimeout(100)
  await pagefind.close()
}

/**
 * Bytes to the first result, time of a query and quality of each search on one collection.
 * @param {string} name of the folder with the indexes
 * @param {Collection} collection
 * @returns {Promise<Record<string, Compared>>}
 */
export async function compareSearches(name, { topics }) {
  /** @type {Record<string, Compared>} */
  const compared = {}
  const texts = topics.map(({ text }) => text)
  for (const search of Object.keys(SEARCHES)) {
    compared[search] = await visit({}, async ({ page, server }) => {
      await openSearch(page, name, search, texts[0] ?? '')
      const { total } = await measureDownload(server.sent)
      /** @type {{ ids: string[], milliseconds: number }[]} */
      const answers = await page.evaluate((texts) => /** @type {any} */ (globalThis).ranking.ask(texts), texts)
      const quality =
        answers.reduce((sum, { ids }, at) => sum + ndcg(ids, topics[at]?.grades ?? {}), 0) / answers.length
      return {
        bytes: total,
        milliseconds: round(median(answers.map(({ milliseconds }) => milliseconds))),
        ndcg: round(quality),
      }
    })
  }
  return compared
}

/** Sizes of the parts of our own index. @param {string} name @param {number} documents */
export async function indexSizes(name, documents) {
  const folder = inBench('ranking', name, 'search')
  const { passages } = JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'))
  /** @param {string} part */
  const size = async (part) => {
    const file = path.join(folder, 'index', part)
    const { total } = await measureDownload([
      { path: part, file, status: 200, bytes: fs.statSync(file).size, time: 0, end: 0 },
    ])
    return total
  }
  /** Of several, by the beginnings of their names. @param {string[]} parts */
  const sizes = async (...parts) => {
    const names = fs.readdirSync(path.join(folder, 'index'), { recursive: true }).map(String)
    const files = names.filter((name) => parts.some((part) => name.startsWith(part)) && path.extname(name))
    const sum = { raw: 0, brotli: 0 }
    for (const name of files) {
      const { raw, brotli } = await size(name)
      sum.raw += raw
      sum.brotli += brotli
    }
    return sum
  }
  const words = await sizes('lexical', 'words-')
  const places = await size('passages.safetensors')
  const vectors = await sizes('vectors', 'clusters')
  return { documents, passages, words, places, vectors, bytesPerPassage: round(vectors.raw / passages) }
}
