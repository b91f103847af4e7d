/** What a finger presses on a phone, and what its keyboard covers. */
import type { Page } from '@playwright/test'
import { violations } from './axe.js'
import { hold, test as onSite } from './box.js'
import { Demo, expect, test as onDemo } from './site.js'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' } as const

/**
 * What can be pressed and is less than 44 pixels high, or 24 wide. Links within a sentence may be, as WCAG has it, and so may the points of
 * the map: what they lead to is in the list below it, too.
 */
const tooSmall = (page: Page) =>
  page.evaluate(() => {
    const inSentence = (part: Element) => part.matches('a') && part.closest('p')?.textContent !== part.textContent
    return [...document.querySelectorAll('a[href], button, summary, select, input, [role=option]')].flatMap((part) => {
      if (part.matches('.point, [type=hidden], [type=file]') || inSentence(part)) return []
      if (!part.checkVisibility({ visibilityProperty: true })) return []
      const { width, height } = part.getBoundingClientRect()
      // Browsers round a line of text.
      return height < 43.9 || width < 24 ? [`${part.outerHTML.slice(0, 80)}: ${width} x ${height}`] : []
    })
  })

onSite.describe('on a phone', () => {
  onSite.use(PHONE)

  for (const form of ['', 'modal', 'results']) {
    onSite(`whatever a finger presses is 44 pixels high: <inkling-search ${form}>`, async ({ box, page }) => {
      const meaning = await hold(page, '**/weights.safetensors')
      await box.open({ form: '', attributes: `${form} filters="day track" show="day room" recent="off"` })
      expect(await tooSmall(page)).toEqual([])
      if (form === 'modal') await page.getByRole('searchbox').tap()
      const input = page.locator('inkling-search input').last()
      await input.fill('health on monday')
      await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible()
      await expect(page.getByRole('button', { name: 'Only Monday' })).toBeVisible()
      expect(await tooSmall(page)).toEqual([])
      meaning()
      await expect(page.getByText('Smart search is loading')).toHaveCount(0)
      await page.getByRole('button', { name: /^Monday/ }).tap()
      await expect(page.getByRole('button', { name: /^Monday/ })).toHaveAttribute('aria-pressed', 'true')
      expect(await tooSmall(page)).toEqual([])
      await input.fill('xkjhgfd qwrtz')
      await expect(page.getByRole('button', { name: 'Show the nearest anyway' })).toBeVisible()
      expect(await tooSmall(page)).toEqual([])
      expect(await violations(page)).toEqual([])
    })
  }

  onSite('a dialog ends above the keyboard, which covers the window and leaves it as it is', async ({ box, page }) => {
    await box.open({ form: '', attributes: 'modal' })
    await page.getByRole('searchbox').tap()
    const dialog = page.getByRole('dialog')
    await expect.poll(async () => (await dialog.boundingBox())?.height).toBe(PHONE.viewport.height)
    await page.evaluate(() => {
      Object.defineProperty(visualViewport, 'height', { value: 508 })
      visualViewport!.dispatchEvent(new Event('resize'))
    })
    await expect.poll(async () => (await dialog.boundingBox())?.height).toBe(508)
    await box.input.fill('data')
    await expect(box.options).not.toHaveCount(0)
    // What it holds can be brought there.
    await page.getByRole('button', { name: /^Show/ }).scrollIntoViewIfNeeded()
    const { y, height } = (await page.getByRole('button', { name: /^Show/ }).boundingBox())!
    expect(y + height).toBeLessThanOrEqual(508)
  })
})

onDemo.describe('on a phone', () => {
  onDemo.use(PHONE)

  onDemo('whatever a finger presses on the pages of the demo is 44 pixels high', async ({ page, site }) => {
    await page.addInitScript(() => localStorage.setItem('northlight-agenda', '["gdpr-erase","uncertainty-cones"]'))
    const demo = await Demo.ready(page, site.url)
    await demo.ask('Health Analytics?')
    for (const summary of await page.locator('summary').all()) await summary.tap()
    expect(await tooSmall(page)).toEqual([])
    for (const [address, shown] of [
      ['?session=gdpr-erase', '.similar-list .row'],
      ['?view=map&q=health', '.point.best'],
      ['?view=agenda', '.clash'],
      ['site.html', 'form.inkling-own'],
      ['build.html', '#example'],
    ] as const) {
      await page.goto(`${site.url}/${address}`)
      await expect(page.locator(shown).first()).toBeVisible()
      if (address.includes('map')) await page.locator('.as-list summary').tap()
      expect(await tooSmall(page), address).toEqual([])
    }
    await page.getByRole('button', { name: 'Try a sample' }).tap()
    await expect(page.getByRole('heading', { name: 'Ask it' })).toBeVisible()
    expect(await tooSmall(page)).toEqual([])
    expect(await violations(page)).toEqual([])
  })
})
