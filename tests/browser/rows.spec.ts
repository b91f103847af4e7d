/** The rows of the query encoder's word embeddings that come when a question needs them. */
import type { Page } from '@playwright/test'
import type * as OfflinePackage from 'inkling-search/offline'
import { type EncoderPackage, expect, holdWeights, openBlank, type Package, type Site, test } from './site.js'

// A test that takes a file away has the browser report that.
test.use({ complaintsAllowed: /404/ })

/** A word that no session has, and that is not among the common ones. */
const SELDOM = 'zenith'
/** Another. */
const OTHER = 'anthology'

const rowsIn = ({ requests }: Site) => requests.filter((path) => path.startsWith('/search/model/rows/'))

/** How many blocks there are. */
const blocksOf = (page: Page, site: Site) =>
  page.evaluate(async (url) => {
    const config: { rows: unknown[] } = await (await fetch(`${url}/search/model/config.json`)).json()
    return config.rows.length
  }, site.url)

/** Opens the search with its model, as `search` of the page. */
const open = (page: Page, site: Site) =>
  page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    await search.modelReady
    Object.assign(globalThis, { search })
  }, site.url)

/** Asks it: what ranked the answer, or the code of the error. */
const ask = (page: Page, text: string, mode: 'hybrid' | 'semantic' = 'hybrid') =>
  page.evaluate(
    async ([text, mode]) => {
      const { search } = globalThis as unknown as { search: Awaited<ReturnType<Package['createSearch']>> }
      return search.query(text, { mode, minScore: 0 }).then(
        ({ mode }) => mode as string,
        ({ code }: { code: string }) => code,
      )
    },
    [text, mode] as const,
  )

test('a question in the words of the programme and common ones fetches no rows; a seldom word fetches its block among three others; then the rest comes by itself', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  await open(page, site)
  expect(rowsIn(site)).toEqual([])
  expect(await ask(page, 'how do I keep my best people from leaving?')).toBe('hybrid')
  expect(rowsIn(site)).toEqual([])
  expect(await ask(page, SELDOM)).toBe('hybrid')
  const first = rowsIn(site)
  expect(first).toHaveLength(4)
  expect(new Set(first).size).toBe(4)
  expect(await ask(page, SELDOM)).toBe('hybrid')
  const all = await blocksOf(page, site)
  await expect.poll(() => rowsIn(site).length).toBe(all)
  expect(new Set(rowsIn(site)).size).toBe(all)
})

test('of several first visitors with the same word each fetches other blocks beside the one that all have in common', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const visits: string[][] = []
  for (let visit = 0; visit < 5; visit++) {
    const before = rowsIn(site).length
    await page.evaluate(
      async ({ url, word }) => {
        const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
        const encoder = await Encoder.load({ url: `${url}/search/model/`, cache: false })
        await encoder.encode([word])
        encoder.dispose()
      },
      { url: site.url, word: SELDOM },
    )
    visits.push(rowsIn(site).slice(before))
  }
  expect(visits.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4])
  const common = visits[0]!.filter((path) => visits.every((visit) => visit.includes(path)))
  expect(common).toHaveLength(1)
  expect(new Set(visits.flat()).size).toBeGreaterThan(4)
  expect(new Set(visits.map((visit) => visit.indexOf(common[0]!))).size).toBeGreaterThan(1)
})

test('a vector is the same bits whichever rows came before', async ({ page, site }) => {
  await openBlank(page, site)
  const vectors = await page.evaluate(
    async ({ url, words }) => {
      const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const encode = async (...texts: string[]) => {
        const encoder = await Encoder.load({ url: `${url}/search/model/`, cache: false })
        const vectors = await encoder.encode(texts)
        encoder.dispose()
        return vectors.map((vector) => [...vector])
      }
      const [alone] = await encode(words[0]!)
      const [, after] = await encode(words[1]!, words[0]!)
      const [, many] = await encode('afrikaans lancashire opaque deutschland', words[0]!)
      return [alone, after, many]
    },
    { url: site.url, words: [SELDOM, OTHER] },
  )
  expect(vectors[1]).toEqual(vectors[0])
  expect(vectors[2]).toEqual(vectors[0])
})

for (const [what, spoil, code] of [
  ['are not there', undefined, 'not-found'],
  ['are altered', (body: Buffer) => Buffer.from(body.map((byte) => byte ^ 1)), 'hash-mismatch'],
  ['are cut short', (body: Buffer) => body.subarray(0, body.length >> 1), 'hash-mismatch'],
] as const) {
  test(`where rows ${what} words answer, a question by meaning alone says why, and the next one tries again`, async ({
    page,
    site,
  }) => {
    await openBlank(page, site)
    await open(page, site)
    const intact = site.alter
    if (spoil) site.alter = (path, body) => (path.includes('/model/rows/') ? spoil(body) : body)
    else
      for (let block = 0; block < (await blocksOf(page, site)); block++)
        site.routes[`/search/model/rows/${`${block}`.padStart(3, '0')}.bin`] = (response) =>
          response.writeHead(404).end()
    expect(await ask(page, SELDOM)).toBe('lexical')
    expect(await ask(page, SELDOM, 'semantic')).toBe(code)
    expect(await ask(page, 'how do I keep my best people from leaving?')).toBe('hybrid')
    site.alter = intact
    for (const path of Object.keys(site.routes)) delete site.routes[path]
    expect(await ask(page, SELDOM)).toBe('hybrid')
  })
}

test('rows that do not come in time hold up no answer, and are there when they have come', async ({ page, site }) => {
  await openBlank(page, site)
  await open(page, site)
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/model/rows/*', async (route) => {
    await released
    await route.continue()
  })
  expect(await ask(page, SELDOM)).toBe('lexical')
  release()
  await expect.poll(() => ask(page, SELDOM)).toBe('hybrid')
})

test('who saves data fetches rows for a question alone', async ({ page, site }) => {
  // What Chromium's own setting gives workers, too; its switch for tests reaches the page alone.
  const saves = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })\n"
  site.alter = (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(saves), body]) : body)
  await openBlank(page, site)
  await open(page, site)
  expect(await ask(page, SELDOM)).toBe('hybrid')
  expect(rowsIn(site)).toHaveLength(4)
  // Longer than until the rest would come.
  await page.waitForTimeout(4000)
  expect(rowsIn(site)).toHaveLength(4)
})

test('what is still on its way when a visitor removes all that is stored is not kept', async ({ page, site }) => {
  const release = await holdWeights(page)
  await openBlank(page, site)
  await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const { Offline }: typeof OfflinePackage = await import(`${url}/inkling/offline.js`)
    const search = await createSearch({ url: `${url}/search/` })
    await search.query('health', { mode: 'lexical' })
    await new Offline({ script: `${url}/service-worker.js` }).clear()
    Object.assign(globalThis, { search })
  }, site.url)
  release()
  await expect.poll(() => ask(page, SELDOM)).toBe('hybrid')
  const all = await blocksOf(page, site)
  await expect.poll(() => rowsIn(site).length).toBe(all)
  const kept = page.evaluate(async () => (await (await caches.open('inkling-1')).keys()).map(({ url }) => url))
  expect(await kept).toEqual([])
})
