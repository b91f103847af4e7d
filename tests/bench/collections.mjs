// The documents that searches are compared on: a collection with judged queries, and a programme of about 1,000 sessions.

import fs from 'node:fs'
import path from 'node:path'
import { at } from '../../scripts/lib.mjs'

/** @typedef {{ id: string, title: string, text: string }} Doc */
/** @typedef {{ text: string, grades: Record<string, number> }} Topic */
/** @typedef {{ name: string, documents: Doc[], topics: Topic[] }} Collection */

/** Collections that are no part of the repository lie beside it, where a machine has them. @param {string[]} parts */
const shared = (...parts) => at('..', 'shared', 'data', ...parts)

/** @param {string} file */
const lines = (file) => fs.readFileSync(file, 'utf8').trimEnd().split('\n')

/** @param {string} text */
const plain = (text) =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Cranfield where it is there, else the demo's programme and its graded queries. @returns {Collection} */
export function judgedCollection() {
  const folder = shared('ir', 'cranfield')
  if (!fs.existsSync(path.join(folder, 'corpus.jsonl'))) return demoCollection()
  const documents = lines(path.join(folder, 'corpus.jsonl')).map((line) => {
    const { _id, title, text } = JSON.parse(line)
    // Many texts begin with the title.
    return {
      id: String(_id),
      title: title || '(empty)',
      text: plain(text.startsWith(title) ? text.slice(title.length) : text),
    }
  })
  /** @type {Record<string, Record<string, number>>} */
  const grades = {}
  for (const line of lines(path.join(folder, 'qrels.tsv')).slice(1)) {
    const [query, document, grade] = line.split('\t')
    ;(grades[query ?? ''] ??= {})[document ?? ''] = Number(grade)
  }
  const topics = lines(path.join(folder, 'queries.jsonl'))
    .map((line) => JSON.parse(line))
    .filter(({ _id }) => grades[_id])
  return { name: 'Cranfield', documents, topics: topics.map(({ _id, text }) => ({ text, grades: grades[_id] ?? {} })) }
}

/** @returns {Doc[]} */
function demoDocuments() {
  const sessions = JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', 'sessions.json'), 'utf8'))
  return sessions.map((/** @type {any} */ { id, title, abstract }) => ({ id, title, text: abstract }))
}

/** @returns {Collection} */
function demoCollection() {
  const queries = JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', 'queries.json'), 'utf8'))
  const topics = queries.map((/** @type {any} */ { query, relevant }) => ({ text: query, grades: relevant }))
  return { name: 'the demo', documents: demoDocuments(), topics }
}

/**
 * 1,000 sessions: of real programmes where they are there, else the demo's sentences in other orders. Each of a hundred
 * titles asks for the text of its session.
 * @returns {Collection}
 */
export function thousandSessions() {
  const real = [
    ['fosdem-2024', 'sessions-2024.jsonl'],
    ['rstudio-conf-2022', 'sessions.jsonl'],
    ['31c3-2014', 'sessions.jsonl'],
  ]
    .map((parts) => shared('schedules', ...parts))
    .filter((file) => fs.existsSync(file))
  const sessions = real.flatMap((file) => lines(file).map((line) => JSON.parse(line)))
  const programme = sessions.map(({ title, abstract, description }) => ({
    title,
    text: plain(abstract ?? description ?? ''),
  }))
  const some = programme.filter(({ text }) => text.length > 80).slice(0, 1000)
  const documents = (some.length === 1000 ? some : mixed()).map((session, at) => ({ id: `s${at}`, ...session }))
  const topics = documents
    .filter((_, at) => at % 10 === 0)
    .map(({ id, title }) => ({ text: title, grades: { [id]: 1 } }))
  return {
    name: some.length === 1000 ? '1,000 sessions of three conferences' : '1,000 sessions mixed from the demo',
    documents,
    topics,
  }
}

/** @returns {{ title: string, text: string }[]} */
function mixed() {
  const documents = demoDocuments()
  const sentences = documents.flatMap(({ text }) => text.split(/(?<=\.) /))
  return Array.from({ length: 1000 }, (_, at) => ({
    title: `${documents[at % documents.length]?.title} ${at}`,
    text: Array.from({ length: 6 }, (_, part) => sentences[(at * 37 + part * 101 + at * part) % sentences.length]).join(
      ' ',
    ),
  }))
}

/** Words of the made site, and how much flatter than 1 / rank their frequencies begin (Mandelbrot's constant). */
const MADE = { words: 20_000, flat: 2.7 }

/**
 * A site of made documents of 100 words, whose frequencies follow Zipf and Mandelbrot; the same each time. Each of ten queries
 * asks for three words of a document.
 * @param {number} size documents @returns {Collection}
 */
export function madeSite(size) {
  let state = 0x9e3779b9
  // xorshift32 (Marsaglia 2003).
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const syllables = [
    'ba',
    'ce',
    'di',
    'fo',
    'gu',
    'ka',
    'le',
    'mi',
    'no',
    'pu',
    'ra',
    'se',
    'ti',
    'vo',
    'zu',
    'lan',
    'ber',
    'tin',
    'mor',
  ]
  const spell = (/** @type {number} */ rank) => {
    let [word, rest] = ['', rank + syllables.length]
    for (; rest > 0; rest = Math.floor(rest / syllables.length)) word += syllables[rest % syllables.length]
    return word
  }
  const words = Array.from({ length: MADE.words }, (_, rank) => spell(rank))
  /** @type {number[]} */
  const sums = []
  for (let rank = 0; rank < words.length; rank++) sums.push((sums[rank - 1] ?? 0) + 1 / (rank + MADE.flat))
  const draw = () => {
    const wanted = random() * (sums.at(-1) ?? 0)
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return words[low] ?? ''
  }
  const some = (/** @type {number} */ count) => Array.from({ length: count }, draw)
  const documents = Array.from({ length: size }, (_, at) => ({
    id: `m${at}`,
    title: some(4).join(' '),
    text: Array.from({ length: 8 }, () => `${some(12).join(' ')}.`).join(' '),
  }))
  const asked = documents.filter((_, at) => at % Math.floor(size / 10) === 0)
  const topics = asked.map(({ id, text }) => ({ text: text.split(' ').slice(20, 23).join(' '), grades: { [id]: 1 } }))
  return { name: 'a made site', documents, topics }
}

/** Normalized discounted cumulated gain of the first ten (Järvelin and Kekäläinen 2002). @param {string[]} ids @param {Topic['grades']} grades */
export function ndcg(ids, grades) {
  /** @param {number[]} gains */
  const dcg = (gains) => gains.slice(0, 10).reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0)
  const ideal = dcg(Object.values(grades).sort((a, b) => b - a))
  return ideal > 0 ? dcg(ids.map((id) => grades[id] ?? 0)) / ideal : 0
}
