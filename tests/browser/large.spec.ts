import fs from 'node:fs'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import { serve } from '../../scripts/serve.mjs'
import { expect, largeSite, openBlank, type Package, test } from './site.js'

test.describe('an index of many documents', () => {
  // One after the other, so that the index is built once and not by each worker.
  test.describe.configure({ mode: 'default' })
  let folder = ''
  let requests: string[] = []
  let site: Awaited<ReturnType<typeof serve>>

  test.beforeAll(async () => {
    test.slow()
    folder = largeSite('tiny')
    site = await serve(folder, { onRequest: (name) => requests.push(name) })
  })

  test.afterAll(async () => {
    await site.close()
    fs.rmSync(folder, { recursive: true })
  })

  const asked = (what: RegExp) => requests.filter((name) => what.test(name)).map((name) => name.replace('/search/', ''))
  const all = (below: string) => fs.readdirSync(path.join(folder, 'search', below))

  test('is searched by the words of the query alone, with the answer of the whole index', async ({ page }) => {
    requests = []
    await openBlank(page, site)
    const few = await page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
      Object.assign(globalThis, { search })
      return (await search.query('Lindenthal "data"', { limit: 5 })).hits
    }, site.url)
    expect(few.length).toBeGreaterThan(0)
    const words = all('index').filter((name) => name.startsWith('words-'))
    expect(words.length).toBeGreaterThan(10)
    expect(asked(/words-/).length).toBeLessThan(words.length / 2)
    expect(asked(/docs\//).length).toBeLessThan(all('docs').length / 2)
    expect(asked(/vectors|model\//)).toEqual([])
    const { before, whole, excluded } = await page.evaluate(async () => {
      const { search } = globalThis as unknown as { search: Inkling.Search }
      const ask = async (text: string) => (await search.query(text, { limit: 5 })).hits
      const excluded = await ask('data -Lindenthal misspeltt')
      // A change wants all words.
      await search.remove(['no such session'])
      return {
        before: excluded,
        whole: await ask('Lindenthal "data"'),
        excluded: await ask('data -Lindenthal misspeltt'),
      }
    })
    expect(asked(/words-/).sort()).toEqual(words.map((name) => `index/${name}`).sort())
    expect([whole, excluded]).toEqual([few, before])
  })

  test('is there without a network a while after the first answer', async ({ page, context }) => {
    await openBlank(page, site)
    await page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
      Object.assign(globalThis, { search })
      await search.query('Lindenthal')
    }, site.url)
    await expect.poll(() => new Set(asked(/docs\//)).size, { timeout: 15_000 }).toBe(all('docs').length)
    await context.setOffline(true)
    const found = await page.evaluate(async () => {
      const { search } = globalThis as unknown as { search: Inkling.Search }
      return (await search.query('analytics', { limit: 50 })).hits.length
    })
    expect(found).toBeGreaterThan(20)
  })

  test.describe('with a block of words that is missing', () => {
    test.use({ complaintsAllowed: /404/ })

    test('rejects queries for its words with the code not-found, and answers others', async ({ page }) => {
      requests = []
      await openBlank(page, site)
      const ask = (text: string) =>
        page.evaluate(
          async ({ url, text }) => {
            const { createSearch }: Package = await import(`${url}/inkling/index.js`)
            const search = await createSearch({ url: `${url}/search/`, model: 'ask', cache: false })
            const answer = await search.query(text).then(
              ({ hits }) => String(hits.length),
              ({ code }: Inkling.InklingError) => code,
            )
            search.dispose()
            return answer
          },
          { url: site.url, text },
        )
      expect(await ask('Lindenthal ')).toBe('3')
      const [block = ''] = asked(/words-/)
      fs.renameSync(path.join(folder, 'search', block), path.join(folder, 'gone'))
      try {
        expect(await ask('Lindenthal ')).toBe('not-found')
        expect(await ask('analytics ')).toBe('3')
      } finally {
        fs.renameSync(path.join(folder, 'gone'), path.join(folder, 'search', block))
      }
    })
  })
})
