// The documents that searches are compared on: a collection with judged queries, and a programme of about 1,000 sessions.

import fs from 'node:fs'
import path from 'node:path'
import { at } from '../../scripts/lib.mjs'

/** @typedef {{ id: string, title: string, text: string }} Doc */
/** @typedef {{ text: string, grades: Record<string, number> }} Topic */
/** @typedef {{ name: string, documents: Doc[], topics: Topic[] }} Collection */

/** Collections that are no part of the repository lie beside it, where a machine has them. @param {string[]} parts */
export const shared = (...parts) => at('..', 'shared', 'data', ...parts)

/** @param {string} file */
export const lines = (file) => fs.readFileSync(file, 'utf8').trimEnd().split('\n')

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

/** Normalized discounted cumulated gain of the first ten (Järvelin and Kekäläinen 2002). @param {string[]} ids @param {Topic['grades']} grades */
export function ndcg(ids, grades) {
  /** @param {number[]} gains */
  const dcg = (gains) => gains.slice(0, 10).reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0)
  const ideal = dcg(Object.values(grades).sort((a, b) => b - a))
  return ideal > 0 ? dcg(ids.map((id) => grades[id] ?? 0)) / ideal : 0
}
