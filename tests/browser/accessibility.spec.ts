import { violationsInAllLooks } from './axe.js'
import { Demo, expect, holdWeights, test } from './site.js'

test.describe('in light and dark colours on a desktop and on a phone', () => {
  test.use({ complaintsAllowed: /^inkling-search: / })

  test('axe finds nothing to complain about before and after a question', async ({ page, site }) => {
    const demo = await Demo.ready(page, site.url)
    expect(await violationsInAllLooks(page)).toEqual([])
    await demo.ask('Health Analytics?')
    expect(await violationsInAllLooks(page)).toEqual([])
  })

  test('axe finds nothing to complain about in filters and an answer of nothing', async ({ page, site }) => {
    const demo = await Demo.ready(page, site.url)
    await page.getByRole('button', { name: /^Monday/ }).click()
    await expect(demo.status).toContainText('58 sessions')
    expect(await violationsInAllLooks(page)).toEqual([])
    await demo.query.fill('xkjhgfd qwrtz')
    await expect(page.getByText('Nothing in the programme comes close')).toBeVisible()
    expect(await violationsInAllLooks(page)).toEqual([])
    await page.getByRole('button', { name: 'Show the nearest anyway' }).click()
    await expect(page.getByText('Nothing matches well')).toBeVisible()
    expect(await violationsInAllLooks(page)).toEqual([])
  })

  test('axe finds nothing to complain about in an empty agenda and in errors of the model and of the index', async ({
    page,
    site,
  }) => {
    await page.goto(`${site.url}/?view=agenda`)
    await expect(page.getByText('Nothing yet')).toBeVisible()
    expect(await violationsInAllLooks(page)).toEqual([])
    // Each failure is told to those who run the site.
    for (const file of ['weights.safetensors', 'lexical.safetensors']) {
      site.alter = (path, body) => (path.endsWith(file) ? body.subarray(0, 1000) : body)
      await page.evaluate(() => caches.delete('inkling-1'))
      await page.goto(`${site.url}/?q=health`)
      await expect(new Demo(page).failure.first()).toBeVisible()
      expect(await violationsInAllLooks(page), file).toEqual([])
    }
  })
})

test('axe finds nothing to complain about while the model loads', async ({ page, site }) => {
  const release = await holdWeights(page)
  await page.goto(`${site.url}/?q=health`)
  await new Demo(page).answerTo('health', 'lexical')
  await expect(page.getByText('Smart search is loading').first()).toBeVisible()
  expect(await violationsInAllLooks(page)).toEqual([])
  release()
})

test('the number of sessions is announced', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  await expect(page.getByRole('status')).toContainText('The best 10 of')
})
