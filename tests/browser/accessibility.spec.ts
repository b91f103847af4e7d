import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { Demo, expect, holdWeights, test } from './site.js'

/** What axe has to say of the page, in a line each. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
  )
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of Object.entries({
    desktop: { width: 1280, height: 900 },
    phone: { width: 390, height: 844 },
  })) {
    test.describe(`in ${colorScheme} colours on a ${device}`, () => {
      test.use({ colorScheme, viewport, complaintsAllowed: /^inkling-search: / })

      test('axe finds nothing to complain about before and after a question', async ({ page, site }) => {
        const demo = await Demo.ready(page, site.url)
        expect(await violations(page)).toEqual([])
        await demo.ask('Health Analytics?')
        expect(await violations(page)).toEqual([])
      })

      test('axe finds nothing to complain about in filters and an answer of nothing', async ({ page, site }) => {
        const demo = await Demo.ready(page, site.url)
        await page.getByRole('button', { name: /^Monday/ }).click()
        await expect(demo.status).toContainText('58 sessions')
        expect(await violations(page)).toEqual([])
        await demo.query.fill('xkjhgfd qwrtz')
        await expect(page.getByText('Nothing in the programme comes close')).toBeVisible()
        expect(await violations(page)).toEqual([])
        await page.getByRole('button', { name: 'Show the nearest anyway' }).click()
        await expect(page.getByText('Nothing matches well')).toBeVisible()
        expect(await violations(page)).toEqual([])
      })

      test('axe finds nothing to complain about in an empty agenda and in errors of the model and of the index', async ({
        page,
        site,
      }) => {
        await page.goto(`${site.url}/?view=agenda`)
        await expect(page.getByText('Nothing yet')).toBeVisible()
        expect(await violations(page)).toEqual([])
        // Each failure is told to those who run the site.
        for (const file of ['weights.safetensors', 'lexical.safetensors']) {
          site.alter = (path, body) => (path.endsWith(file) ? body.subarray(0, 1000) : body)
          await page.evaluate(() => caches.delete('inkling-1'))
          await page.goto(`${site.url}/?q=health`)
          await expect(new Demo(page).failure.first()).toBeVisible()
          expect(await violations(page), file).toEqual([])
        }
      })
    })
  }
}

test('axe finds nothing to complain about while the model loads', async ({ page, site }) => {
  const release = await holdWeights(page)
  await page.goto(`${site.url}/?q=health`)
  await new Demo(page).answerTo('health', 'lexical')
  await expect(page.getByText('Smart search is loading').first()).toBeVisible()
  expect(await violations(page)).toEqual([])
  release()
})

test('the number of sessions is announced', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  await expect(page.getByRole('status')).toContainText('The best 10 of')
})
