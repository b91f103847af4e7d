/** A site that is updated while its search is open in a tab: the new index answers, or the visitor is told. */
import fs from 'node:fs'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import { serve } from '../../scripts/serve.mjs'
import { expect, largeIndex, largeSite, openBlank, type Package, test } from './site.js'

test.use({ complaintsAllowed: /Failed to load resource|^inkling-search: / })

test.describe('a new deployment under an open tab', () => {
  // One after the other, so that the index is built once and not by each worker.
  test.describe.configure({ mode: 'default' })
  let folder = ''
  let site: Awaited<ReturnType<typeof serve>>
  const at = (name: string) => path.join(folder, name)

  test.beforeAll(async () => {
    test.slow()
    folder = largeSite('real')
    largeIndex(at('next'), 'real', ' of the new index')
    fs.cpSync(at('search'), at('before'), { recursive: true })
    site = await serve(folder)
  })

  test.beforeEach(() => deploy('before'))

  test.afterAll(async () => {
    await site.close()
    fs.rmSync(folder, { recursive: true })
  })

  /** Puts an index in the place of the one that is served. */
  function deploy(name: string): void {
    fs.rmSync(at('search'), { recursive: true })
    fs.cpSync(at(name), at('search'), { recursive: true })
  }

  test('is answered by its own index, which is loaded behind the question, and by its model', async ({ page }) => {
    await openBlank(page, site)
    const open = page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
      Object.assign(globalThis, { search })
      return (await search.query('Lindenthal', { limit: 2 })).hits.map(({ title }) => title)
    }, site.url)
    for (const title of await open) expect(title).not.toContain('new index')
    deploy('next')
    const { titles, documents } = await page.evaluate(async () => {
      const { search } = globalThis as unknown as { search: Inkling.Search }
      const { hits } = await search.query('dashboards for hospitals', { limit: 5 })
      return { titles: hits.map(({ title }) => title), documents: search.info.documents }
    })
    expect(titles).toHaveLength(5)
    for (const title of titles) expect(title).toContain('of the new index')
    expect(documents).toBe(393)
    const meaning = await page.evaluate(async () => {
      const { search } = globalThis as unknown as { search: Inkling.Search }
      await search.loadModel()
      const { mode, hits } = await search.query('keeping my best people from leaving')
      search.dispose()
      return { mode, title: hits[0]?.title }
    })
    expect(meaning).toMatchObject({ mode: 'hybrid', title: expect.stringContaining('of the new index') })
  })

  test('is noticed by a model that is asked for only now', async ({ page }) => {
    await openBlank(page, site)
    await page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      Object.assign(globalThis, {
        search: await createSearch({ url: `${url}/search/`, model: 'ask', cache: false }),
      })
    }, site.url)
    deploy('next')
    const answer = await page.evaluate(async () => {
      const { search } = globalThis as unknown as { search: Inkling.Search }
      await search.loadModel()
      const { mode, hits } = await search.query('keeping my best people from leaving')
      search.dispose()
      return { mode, title: hits[0]?.title }
    })
    expect(answer).toMatchObject({ mode: 'hybrid', title: expect.stringContaining('of the new index') })
  })

  test('cannot take the place of an index that was changed here: the element says so, and offers to load the page again', async ({
    page,
  }) => {
    const body = `<!doctype html><html lang="en"><link rel="icon" href="favicon.svg"><title>A page</title>
      <link rel="stylesheet" href="inkling/element.css"><script type="module" src="inkling/element.js"></script>`
    await page.route('**/page', (route) => route.fulfill({ body, contentType: 'text/html' }))
    await page.goto(`${site.url}/page`)
    await page.evaluate(async (url) => {
      const { InklingSearchElement } = (await import(
        `${url}/inkling/element.js`
      )) as typeof import('inkling-search/element')
      customElements.define('inkling-search', InklingSearchElement)
      const element = document.createElement('inkling-search')
      Object.assign(element, {
        openSearch: async (options: Inkling.SearchOptions) => {
          const { createSearch }: Package = await import(`${url}/inkling/index.js`)
          const search = await createSearch({ ...options, model: 'ask' })
          await search.remove(['no such session'])
          return search
        },
      })
      document.body.append(element)
    }, site.url)
    await page.locator('inkling-search input').fill('Lindenthal')
    await expect(page.locator('.inkling-option')).not.toHaveCount(0)
    deploy('next')
    await page.locator('inkling-search input').fill('dashboards for hospitals')
    const panel = page.locator('.inkling-panel')
    await expect(panel).toContainText('The site was updated.')
    await expect(panel).toContainText('replaced')
    const loaded = page.waitForEvent('load')
    await page.getByRole('button', { name: 'Load the page again' }).click()
    await loaded
  })
})
