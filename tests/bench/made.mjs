// Made sites of any size, the same each time: documents of 100 words that are as frequent as those of a language.

import fs from 'node:fs'
import { lines, shared } from './collections.mjs'

/** @import { Collection } from './collections.mjs' */

/**
 * How many different words there are, and their law: a word is drawn by 1 / (rank + flat) (Zipf, Mandelbrot), from the rank `bend` on by the power `steep` (Ferrer i Cancho
 * and Solé 2001). A site of 10,000 documents then has 39,000 different words; as many real texts of manuals, books and answers had 46,000.
 */
const MADE = { words: 400_000, flat: 2.7, bend: 3000, steep: 1.8 }

/** The share of words that stood in the text before: texts come back to what they are about. */
const AGAIN = 0.15

/** Words that are more frequent say nothing: nobody asks for them alone. */
const COMMON = 100

/** Collections in other languages than English. */
const OTHER_LANGUAGES = ['cmrc2018', 'xquad-de']

const SYLLABLES = 'ba ce di fo gu ka le mi no pu ra se ti vo zu lan ber tin mor'.split(' ')

/** Numbers from 0 to 1 (xorshift32, Marsaglia 2003). */
function numbers() {
  let state = 0x9e3779b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** The words of the given collections, the most frequent first; none where this machine does not have them. */
function realWords() {
  const folder = shared('ir')
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const name of names.filter((name) => !OTHER_LANGUAGES.includes(name))) {
    for (const line of lines(shared('ir', name, 'corpus.jsonl'))) {
      const { title, text } = JSON.parse(line)
      for (const word of `${title} ${text}`.toLowerCase().match(/\p{L}+/gu) ?? [])
        counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const byCount = (/** @type {[string, number]} */ [a, m], /** @type {[string, number]} */ [b, n]) =>
    n - m || (a < b ? -1 : 1)
  return [...counts].sort(byCount).map(([word]) => word)
}

/** All words, the most frequent first. Where the real ones end, as names do: the beginning of one and the end of another. */
function vocabulary() {
  const real = realWords()
  const words = new Set(real)
  const random = numbers()
  const long = real.filter((word) => word.length > 5)
  const some = () => long[Math.floor(random() * long.length)] ?? ''
  const half = (/** @type {string} */ word) => word.length >> 1
  while (words.size < MADE.words) {
    const [a, b] = [some(), some()]
    words.add(long.length > 0 ? a.slice(0, half(a)) + b.slice(half(b)) : spell(words.size))
  }
  return [...words].slice(0, MADE.words)
}

/** A word of syllables. @param {number} rank */
function spell(rank) {
  let [word, rest] = ['', rank + SYLLABLES.length]
  for (; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) word += SYLLABLES[rest % SYLLABLES.length]
  return word
}

/** Draws ranks. @param {() => number} random */
function ranks(random) {
  const sums = new Float64Array(MADE.words)
  let sum = 0
  for (let rank = 0; rank < sums.length; rank++) {
    const behind = Math.max(1, rank / MADE.bend) ** (MADE.steep - 1)
    sums[rank] = sum += 1 / (rank + MADE.flat) / behind
  }
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * A site of so many documents, of words of the given collections where there are such. Each of ten queries asks for three words of a document
 * that are not among the commonest.
 * @param {number} size documents @returns {Collection}
 */
export function madeSite(size) {
  const words = vocabulary()
  const random = numbers()
  const draw = ranks(random)
  /** @returns {number[]} */
  const text = () => {
    /** @type {number[]} */
    const drawn = []
    while (drawn.length < 96)
      drawn.push(random() < AGAIN ? (drawn[Math.floor(random() * drawn.length)] ?? draw()) : draw())
    return drawn
  }
  const written = (/** @type {number[]} */ some) => some.map((rank) => words[rank]).join(' ')
  const asked = new Set(Array.from({ length: 10 }, (_, at) => Math.floor((at * size) / 10)))
  /** @type {Collection} */
  const site = { name: 'a made site', documents: [], topics: [] }
  for (let at = 0; at < size; at++) {
    const [drawn, id] = [text(), `m${at}`]
    const title = written(Array.from({ length: 4 }, () => drawn[Math.floor(random() * drawn.length)] ?? 0))
    const sentences = Array.from({ length: 8 }, (_, of) => `${written(drawn.slice(of * 12, of * 12 + 12))}.`)
    site.documents.push({ id, title, text: sentences.join(' ') })
    const telling = [...new Set(drawn)].filter((rank) => rank >= COMMON)
    if (asked.has(at)) site.topics.push({ text: written(telling.slice(5, 8)), grades: { [id]: 1 } })
  }
  return site
}
