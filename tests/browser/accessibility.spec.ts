import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { Demo, expect, test } from './site.js'

/** What axe has to say of the page, in a line each. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`))
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of Object.entries({ desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } })) {
    test.describe(`in ${colorScheme} colours on a ${device}`, () => {
      test.use({ colorScheme, viewport })

      test('axe finds nothing to complain about before and after a question', async ({ page, site }) => {
        const demo = await Demo.ready(page, site.url)
        expect(await violations(page)).toEqual([])
        await demo.ask('Health Analytics?')
        expect(await violations(page)).toEqual([])
      })

      test('axe finds nothing to complain about in an error', async ({ page, site }) => {
        site.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, 1000) : body)
        await page.goto(site.url)
        await expect(new Demo(page).failure).toBeVisible()
        expect(await violations(page)).toEqual([])
      })
    })
  }
}

test('axe finds nothing to complain about while the model loads', async ({ page, site }) => {
  await page.route('**/weights.safetensors', () => {})
  await page.goto(site.url)
  await expect(page.getByRole('progressbar')).toBeVisible()
  expect(await violations(page)).toEqual([])
})

test('the number of sessions is announced', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  await expect(page.getByRole('status')).toContainText('The best 3 of')
})
