// Pagefind, which fetches the parts of its index that a query needs. The texts of its results are fetched in the time too.

export async function open(base) {
  const pagefind = await import(`${base}pagefind/pagefind.js`)
  await pagefind.options({ basePath: `${base}pagefind/` })
  await pagefind.init()
  return async (text) => {
    const start = performance.now()
    const { results } = await pagefind.search(text)
    const hits = await Promise.all(results.slice(0, 10).map((result) => result.data()))
    return { milliseconds: performance.now() - start, ids: hits.map(({ meta }) => meta.id) }
  }
}
