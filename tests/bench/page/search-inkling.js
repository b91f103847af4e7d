// Our own search, as a page uses it. Without the model it answers from words.

import { createSearch } from '/inkling/index.js'

export async function open(base, name) {
  const words = name === 'inkling-words'
  // By words alone no model is fetched.
  const search = await createSearch({ url: `${base}search/`, cache: false, model: words ? 'ask' : 'now' })
  if (!words) await search.modelReady
  return async (text) => {
    const { hits, timings } = await search.query(text, { mode: words ? 'lexical' : 'hybrid', limit: 10, minScore: 0 })
    return { ids: hits.map(({ id }) => id), milliseconds: timings.total }
  }
}
