import { DEVICES, violationsInAllLooks } from './axe.js'
import { expect, test } from './site.js'

test('axe finds nothing to complain about on the page "On a site"', async ({ page, site }) => {
  await page.goto(`${site.url}/site.html`)
  await expect(page.locator('form.inkling-own')).toHaveCount(4)
  expect(await violationsInAllLooks(page)).toEqual([])
})

for (const [device, viewport] of Object.entries(DEVICES)) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test('the page "On a site" shows panel, dialog, dark and right to left, each beside its HTML and each answering', async ({
      page,
      site,
    }) => {
      await page.goto(`${site.url}/site.html`)
      const boxes = page.locator('inkling-search')
      await expect(boxes.locator('form.inkling-own')).toHaveCount(4)
      expect(await page.locator('pre').count()).toBeGreaterThanOrEqual(4)
      for (const name of ['Search the handbook', 'Search in the dark', 'بحث في البرنامج']) {
        const box = page.getByRole('combobox', { name })
        await box.fill('Health Analytics?')
        await expect(page.locator('.inkling-panel:visible .inkling-option').first()).toContainText(/health/i)
        await box.press('Escape')
      }
      await page.getByRole('searchbox', { name: 'Search in a dialog' }).click()
      await page.getByRole('dialog').getByRole('combobox').fill('Health Analytics?')
      await expect(page.getByRole('dialog').getByRole('option').first()).toContainText(/health/i)
      expect(page.workers()).toHaveLength(1)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
    })
  })
}
