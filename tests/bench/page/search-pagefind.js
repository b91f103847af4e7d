// Pagefind, which fetches the parts of its index that a query needs. The texts of its results are fetched in the time too.
//
// It finds pages that have every word of the query, and so has no answer to most questions of a sentence. It is therefore asked
// for the whole query first, as its own interface does, and then for each word alone, stop words left out: pages come in the
// order of the first answer, then of the sum of their scores in the others.

import { stopwords } from '@orama/stopwords/english'

const isStopWord = new Set(stopwords)

export async function open(base) {
  const pagefind = await import(`${base}pagefind/pagefind.js`)
  await pagefind.options({ basePath: `${base}pagefind/` })
  await pagefind.init()
  return async (text) => {
    const start = performance.now()
    const { results } = await pagefind.search(text)
    if (results.length < 10) results.push(...(await withAnyWord(pagefind, text, new Set(results.map(({ id }) => id)))))
    const hits = await Promise.all(results.slice(0, 10).map((result) => result.data()))
    return { milliseconds: performance.now() - start, ids: hits.map(({ meta }) => meta.id) }
  }
}

async function withAnyWord(pagefind, text, known) {
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))
  const found = new Map()
  for (const word of words) {
    if (isStopWord.has(word)) continue
    for (const result of (await pagefind.search(word)).results) {
      const entry = found.get(result.id) ?? { result, sum: 0 }
      entry.sum += result.score
      found.set(result.id, entry)
    }
  }
  const others = [...found.values()].filter(({ result }) => !known.has(result.id))
  return others.sort((a, b) => b.sum - a.sum).map(({ result }) => result)
}
