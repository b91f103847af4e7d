import type { Page } from '@playwright/test'
import { expect, hold, test } from './box.js'

/** Notes every move of what was in its place already, also those right after a key, which browsers do not count. */
async function noteShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: string[] = []
    Object.assign(globalThis, { shifts })
    const name = (node: Node | null) =>
      node ? (node as Element).className || node.parentElement?.className || node.nodeName : 'what is gone'
    const note = (list: PerformanceObserverEntryList) => {
      for (const { value, sources } of list.getEntries() as (PerformanceEntry & {
        value: number
        sources: { node: Node | null }[]
      })[]) {
        shifts.push(`${sources.map(({ node }) => name(node)).join(', ')} by ${value.toFixed(4)}`)
      }
    }
    new PerformanceObserver(note).observe({ type: 'layout-shift', buffered: true })
  })
}

/** What has moved, once the last frames have been counted. */
async function shifts(page: Page): Promise<string[]> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50)))),
  )
  return page.evaluate(() => (globalThis as never as { shifts: string[] }).shifts)
}

const DEVICES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } }

for (const [device, viewport] of Object.entries(DEVICES)) {
  for (const form of ['over the form', 'modal']) {
    test(`from load through typing to answers nothing moves, on the page or in the panel: ${form} on a ${device}`, async ({
      box,
      page,
    }) => {
      await page.setViewportSize(viewport)
      await noteShifts(page)
      const [opened, meant] = [await hold(page, '**/lexical.safetensors'), await hold(page, '**/weights.safetensors')]
      await box.open({ attributes: `${form === 'modal' ? 'modal' : ''} filters="day track" show="day room"` })
      await page.keyboard.press('/')
      await page.keyboard.type('data', { delay: 20 })
      await expect(box.panel).toContainText('Opening the search')
      opened()
      await expect(box.options).not.toHaveCount(0)
      await box.ask('data for health', 'lexical')
      meant()
      await expect(box.panel).not.toContainText('is loading')
      await page.keyboard.type(' analytics', { delay: 20 })
      await expect(box.status).toContainText('result')
      await box.ask('throwing away less unsold food')
      await page.keyboard.press('ArrowDown')
      await box.ask('xkjhgfd qwrtz')
      await box.ask('people')
      expect(await shifts(page)).toEqual([])
    })
  }
}

for (const [device, viewport] of Object.entries(DEVICES)) {
  for (const lang of ['en', 'de', 'ar']) {
    test.describe(`on a ${device} in ${lang}`, () => {
      test.use({ viewport, hasTouch: device === 'phone', isMobile: device === 'phone' })

      test('on a page of results nothing moves from its address to the better answer', async ({ box, page }) => {
        const dir = lang === 'ar' ? 'rtl' : 'ltr'
        await box.open({ form: '', lang, dir, attributes: 'results filters="day track" show="day room"' })
        await noteShifts(page)
        const meant = await hold(page, '**/weights.safetensors')
        await page.goto(`${box.url}/page.html?q=health+on+monday`)
        await expect(box.options).toHaveCount(10)
        const action = page.locator('.inkling-foot .inkling-action')
        const stop = await action.textContent()
        // By now the answer counts as read.
        await page.waitForTimeout(1200)
        meant()
        await expect(action).not.toHaveText(stop!)
        if (await action.isVisible()) await action.evaluate((button: HTMLElement) => button.click())
        await expect(action).toBeHidden()
        // What stands below the answers gives way to them.
        expect((await shifts(page)).filter((shift) => !shift.startsWith('MAIN'))).toEqual([])
      })
    })
  }
}

test('a move would be noted', async ({ box, page }) => {
  await noteShifts(page)
  await box.open()
  await page.evaluate(() => Object.assign(document.body.style, { paddingTop: '5rem' }))
  await expect.poll(() => shifts(page)).not.toEqual([])
})
