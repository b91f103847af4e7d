/** What leaves the browser, and what stays in it: the tables of docs/security.md. */
import { type EncoderPackage, expect, openBlank, type Package, test } from './site.js'

test('nothing is asked for outside the folders of package and index, nothing is sent, and nothing else is stored', async ({
  page,
  context,
  site,
}) => {
  const requests: { url: string; method: string; body: string | null; headers: Record<string, string> }[] = []
  await openBlank(page, site)
  context.on('request', (request) =>
    requests.push({
      url: request.url(),
      method: request.method(),
      body: request.postData(),
      headers: request.headers(),
    }),
  )
  const word = 'zyzzyva'
  const stored = await page.evaluate(
    async ({ url, word }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const search = await createSearch({ url: `${url}/search/` })
      await search.query(word)
      await search.modelReady
      const { hits } = await search.query(`${word} how do I keep my best people?`, { facets: ['track'], minScore: 0 })
      await search.similar(hits[0]!.id)
      await search.add([{ id: word, title: word, text: 'Of a stranger' }])
      await search.remove([word])
      await search.save()
      search.dispose()
      const encoder = await Encoder.load({ url: `${url}/search/model/` })
      await encoder.encode([word])
      encoder.dispose()
      const names = await caches.keys()
      const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
      return {
        caches: names,
        urls: kept.flat().map((request) => request.url),
        local: localStorage.length + sessionStorage.length,
        databases: await indexedDB.databases(),
        workers: (await navigator.serviceWorker.getRegistrations()).length,
      }
    },
    { url: site.url, word },
  )
  expect(requests.length).toBeGreaterThan(5)
  // The icon is the page's own.
  for (const { url, method, body, headers } of requests.filter(({ url }) => !url.endsWith('/favicon.svg'))) {
    expect(url).toMatch(new RegExp(`^${site.url}/(inkling|search)/`))
    expect([method, body]).toEqual(['GET', null])
    expect(JSON.stringify([url, headers])).not.toContain(word)
  }
  expect(stored).toMatchObject({ caches: ['inkling-1'], local: 0, databases: [], workers: 0 })
  for (const url of stored.urls) {
    expect(url).toMatch(new RegExp(`^${site.url}/search/`))
    expect(url).not.toContain(word)
  }
  expect(await context.cookies()).toEqual([])
})
