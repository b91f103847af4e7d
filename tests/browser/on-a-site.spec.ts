import { DEVICES, violationsInAllLooks } from './axe.js'
import { expect, test } from './site.js'

test('axe finds nothing to complain about on the page "On a site"', async ({ page, site }) => {
  await page.goto(`${site.url}/site.html`)
  await expect(page.locator('form.inkling-own')).toHaveCount(4)
  expect(await violationsInAllLooks(page)).toEqual([])
  // The dark one is dark, wherever it stands.
  await page.emulateMedia({ colorScheme: 'light' })
  const surface = await page
    .locator('.frame.dark .inkling-box')
    .evaluate((box) => getComputedStyle(box).backgroundColor)
  expect(
    surface
      .match(/\d+/g)!
      .slice(0, 3)
      .map(Number)
      .every((part) => part < 80),
  ).toBe(true)
  // No word of the header is broken, on the phone that this ends on.
  const name = page.getByText('Handbook', { exact: true })
  expect((await name.boundingBox())!.height).toBeLessThan(40)
  for (const box of ['Search the handbook', 'بحث في البرنامج']) {
    await page.getByRole('combobox', { name: box }).fill('Health Analytics?')
    await expect(page.locator('.inkling-panel:visible .inkling-option').first()).toBeVisible()
    expect(await violationsInAllLooks(page), box).toEqual([])
    await page.getByRole('combobox', { name: box }).press('Escape')
  }
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
