// Our own search, as a page uses it. Without the model it answers from words.

export async function open(base, name) {
  const { createSearch } = await import('/inkling/index.js')
  const words = name === 'inkling-words'
  // The bytes of a first result by words are those before the model: it is never waited for.
  const search = await createSearch({ url: `${base}search/`, cache: false })
  if (!words) await search.semantic
  return async (text) => {
    const { hits, timings } = await search.query(text, { mode: words ? 'lexical' : 'hybrid', limit: 10, far: true })
    return { ids: hits.map(({ id }) => id), milliseconds: timings.total }
  }
}
