/**
 * The faults of tests/engines/faults.mjs in Chromium, each with an answer, or a message with a code, and those that only Playwright
 * can make. docs/reliability.md says what visitors see.
 */
import type { Page } from '@playwright/test'
import { called } from '../engines/drivers.mjs'
import { cases, type Visitor } from '../engines/faults.mjs'
import { expect, openBlank, type Package, test } from './site.js'

test.use({
  complaintsAllowed: /Failed to load resource|RuntimeError|unreachable|net::ERR|Failed to load module script/,
})

const visitor = (page: Page): Visitor => ({
  evaluate: (work, ...args) => page.evaluate(called(work, args)),
  reload: () => page.reload(),
})

for (const group of new Set(cases.map(({ group }) => group))) {
  test.describe(group, () => {
    for (const { title, run } of cases.filter((one) => one.group === group)) {
      test(title, async ({ page, site }) => {
        await openBlank(page, site)
        await run(visitor(page), site)
      })
    }
  })
}

test('a refused connection is tried once more, for each file', async ({ page, site }) => {
  await openBlank(page, site)
  const failed = new Set<string>()
  await page.route('**/search/**', (route) => {
    const url = route.request().url()
    if (failed.has(url)) return route.continue()
    failed.add(url)
    return route.abort('connectionrefused')
  })
  const answer = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, model: 'now' })
    await search.modelReady
    const { mode, hits } = await search.query('Health Analytics?')
    search.dispose()
    return { mode, hits: hits.length }
  }, site.url)
  expect(answer).toEqual({ mode: 'hybrid', hits: 3 })
  expect(failed.size).toBeGreaterThan(4)
})
