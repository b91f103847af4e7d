// The results of ranking as Markdown.

import { SEARCHES } from './rivals.mjs'

/** @import { RankingResults, SizeTimes } from './ranking.mjs' */

/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** @param {number} value */
const ms = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
/** @param {number} bytes */
const kilobytes = (bytes) => (bytes / 1e3).toFixed(0)

/** The parts of the report about ranking. @param {RankingResults} results @returns {string[]} */
export function rankingParts({ native, chromium, index, comparisons }) {
  const sides = /** @type {const} */ ([
    ['native', native],
    ['Chromium', chromium],
  ])
  return [
    '## Word queries in made indexes: the median query, and the slowest, ms',
    wordTable(sides),
    '## Scan of all vectors, 384 numbers each, and a plain copy of as many bytes, ms',
    'A copy reads and writes, so it moves twice the bytes that the scan reads. Both have one thread.',
    scanTable(sides),
    `## The index of ${index.documents} sessions, ${index.passages} passages`,
    table(
      ['', 'KB', 'KB in brotli'],
      [
        ['words, ids and fields', kilobytes(index.words.raw), kilobytes(index.words.brotli)],
        ['places of passages', kilobytes(index.places.raw), kilobytes(index.places.brotli)],
        [
          `vectors, ${index.bytesPerPassage} bytes a passage`,
          kilobytes(index.vectors.raw),
          kilobytes(index.vectors.brotli),
        ],
      ],
    ),
    ...comparisons.flatMap(({ name, documents, queries, searches }) => [
      `## Beside other searches: ${name}, ${documents} documents, ${queries} queries`,
      table(
        ['', 'KB to the first result (brotli)', 'median query, ms', 'nDCG@10'],
        Object.entries(searches).map(([search, { bytes, milliseconds, ndcg }]) => [
          SEARCHES[search] ?? search,
          `${kilobytes(bytes.raw)} (${kilobytes(bytes.brotli)})`,
          ms(milliseconds),
          ndcg.toFixed(3),
        ]),
      ),
    ]),
  ]
}

/** @param {readonly (readonly [string, Record<string, SizeTimes>])[]} sides */
function wordTable(sides) {
  const columns = sides.flatMap(([side, sizes]) =>
    Object.entries(sizes)
      .filter(([size]) => size.endsWith('x1'))
      .map(([size, { words }]) => ({ head: `${side}, ${Number(size.split('x')[0])}`, words })),
  )
  const kinds = Object.keys(columns[0]?.words ?? {})
  const cell = (/** @type {SizeTimes['words']} */ words, /** @type {string} */ kind) =>
    `${ms(words[kind]?.median ?? NaN)} (${ms(words[kind]?.most ?? NaN)})`
  return table(
    ['', ...columns.map(({ head }) => `${head} passages`)],
    kinds.map((kind) => [kind, ...columns.map(({ words }) => cell(words, kind))]),
  )
}

/** @param {readonly (readonly [string, Record<string, SizeTimes>])[]} sides */
function scanTable(sides) {
  const rows = sides.flatMap(([side, sizes]) =>
    Object.entries(sizes).map(([size, { open, scan, copy }]) => {
      const [documents, each] = size.split('x').map(Number)
      const passages = (documents ?? 0) * (each ?? 0)
      return [
        `${side}, ${passages}`,
        ms(scan.median),
        ms(copy.median),
        (scan.median / copy.median).toFixed(2),
        ms(open),
      ]
    }),
  )
  return table(['passages', 'scan', 'copy', 'scan / copy', 'opening the index'], rows)
}
