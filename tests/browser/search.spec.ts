import type { Locator } from '@playwright/test'
import { Demo, expect, sessions, test } from './site.js'

test('an empty question lists the programme in order of time, and shows no error', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  const first = sessions.map(({ start }) => start).sort()[0]
  const startOf = async () => sessions.find(({ id }) => id === ids[0])?.start
  let ids = await demo.ids()
  expect(await startOf()).toBe(first)
  await demo.ask('Health Analytics?')
  for (const nothing of ['', '   ']) {
    await demo.query.fill(nothing)
    await demo.query.press('Enter')
    await expect(page.locator(`#results[data-question="${nothing}"]`)).toBeVisible()
    await expect(demo.status).toHaveText('The best 10 of 131 sessions')
    ids = await demo.ids()
    expect(await startOf()).toBe(first)
  }
  await expect(demo.failure).toHaveCount(0)
})

test('a question of 100 KB is answered and said to be cut', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  const text = 'health analytics in hospitals '.repeat(3500)
  expect(text.length).toBeGreaterThan(100_000)
  await demo.query.fill(text)
  await demo.answerTo(text.slice(0, 500))
  await expect(page.locator('#note')).toContainText('very long')
})

test('a card shows what a visitor needs, and the passage that matched', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('graphs that deceive the reader')
  const card = demo.cards.first()
  await expect(card.getByRole('heading')).not.toBeEmpty()
  await expect(card.locator('.track')).not.toBeEmpty()
  await expect(card.locator('.place')).toContainText(/(Monday|Tuesday) 1[01] May\d\d:\d\d–\d\d:\d\d/)
  await expect(card.locator('.speakers')).not.toBeEmpty()
  expect((await card.locator('.passage').innerText()).length).toBeGreaterThan(100)
  // Why it was found: the words that it shares with the question, and how close it is.
  await expect(card.locator('.why')).toHaveText(/^(By words: .+ · )?By meaning: 0\.\d\d$/)
  await expect(page.locator('#note')).toContainText(/[\d.]+ ms on this device\s*$/)
})

test('the address keeps the question, and Back returns to the one before', async ({ page, site }) => {
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=throwing+away+less+unsold+food`)
  const shared = await demo.answerTo('throwing away less unsold food')
  await page.getByRole('link', { name: 'Health Analytics?' }).click()
  await demo.answerTo('Health Analytics?')
  expect(new URL(page.url()).searchParams.get('q')).toBe('Health Analytics?')
  await page.goBack()
  expect(await demo.answerTo('throwing away less unsold food')).toEqual(shared)
  await expect(demo.query).toHaveValue('throwing away less unsold food')
  await page.goForward()
  await demo.answerTo('Health Analytics?')
})

test('the best three are large, more are shown in rows below them, and Back from a session leads to its row', async ({
  page,
  site,
}) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  await expect(demo.cards).toHaveCount(10)
  await expect(page.locator('.compact')).toHaveCount(7)
  const heights = await demo.cards.evaluateAll((cards) => cards.map((card) => card.clientHeight))
  expect(Math.max(...heights.slice(3))).toBeLessThan(Math.min(...heights.slice(0, 3)))
  await page.getByRole('button', { name: /^Show (more|all)/ }).click()
  await expect.poll(() => demo.cards.count()).toBeGreaterThan(10)
  const count = await demo.cards.count()
  await expect(demo.cards.nth(10).locator('.inkling-option')).toBeFocused()
  await expect(page.locator('.compact')).toHaveCount(count - 3)
  const link = demo.cards.nth(12).getByRole('link')
  await link.click()
  await page.getByRole('button', { name: '← Back' }).click()
  await expect(demo.cards).toHaveCount(count)
  await expect(link).toBeFocused()
  await expect(link).toBeInViewport()
})

test('the keyboard alone is enough', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  for (const name of ['Search', 'Map', 'My agenda', 'On a site', 'Try your own file']) {
    await page.keyboard.press('Tab')
    await expect(page.getByRole('link', { name, exact: true })).toBeFocused()
  }
  await page.keyboard.press('Tab')
  await expect(demo.query).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(demo.cards.first().getByRole('link')).toBeFocused()
  // Behind the answers come the filters, then the questions to try, which the eye finds below the box.
  const filters = page.locator('.inkling-filters button')
  await filters.last().focus()
  await page.keyboard.press('Tab')
  const example = page.getByRole('link', { name: 'Health Analytics?' })
  await expect(example).toBeFocused()
  const top = async (part: Locator) => (await part.boundingBox())!.y
  expect(await top(demo.query)).toBeLessThan(await top(example))
  expect(await top(example)).toBeLessThan(await top(demo.cards.first()))
  await page.keyboard.press('Enter')
  await demo.answerTo('Health Analytics?')
})

test('nothing moves while the page loads and answers', async ({ page, site }) => {
  await page.addInitScript(() => {
    const shifts: { value: number; sources: string[] }[] = []
    Object.assign(globalThis, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number
        sources: { node?: Element }[]
      })[]) {
        shifts.push({
          value: entry.value,
          sources: entry.sources.map(({ node }) => node?.id || node?.className || String(node?.nodeName)),
        })
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=dashboards`)
  await demo.answerTo('dashboards')
  await demo.ask('Health Analytics?')
  const shifts = await page.evaluate(
    () => (globalThis as unknown as { shifts: { value: number; sources: string[] }[] }).shifts,
  )
  expect(
    shifts.reduce((sum, { value }) => sum + value, 0),
    JSON.stringify(shifts),
  ).toBeLessThan(0.01)
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test('the sessions fit the screen', async ({ page, site }) => {
    const demo = await Demo.ready(page, site.url)
    await page.getByRole('link', { name: 'Health Analytics?' }).tap()
    await demo.answerTo('Health Analytics?')
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(390)
    await expect(demo.cards.first()).toBeInViewport()
  })

  test('what can be done with a session stands over none of its texts', async ({ page, site }) => {
    const demo = await Demo.ready(page, site.url)
    await demo.ask('Health Analytics?')
    await expect.poll(() => demo.cards.count()).toBeGreaterThan(5)
    const covered = await demo.cards.evaluateAll((cards) =>
      cards.flatMap((card) => {
        const button = card.querySelector('.agenda-button')!.getBoundingClientRect()
        const texts = document.createTreeWalker(card.querySelector('.inkling-option')!, NodeFilter.SHOW_TEXT)
        const found: string[] = []
        const range = document.createRange()
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
          range.selectNodeContents(text)
          // Of a text that is cut short only what is shown counts.
          const shown = text.parentElement!.closest('.passage')?.getBoundingClientRect().bottom ?? Infinity
          for (const { left, right, top, bottom } of range.getClientRects())
            if (
              left < button.right &&
              right > button.left &&
              top < button.bottom &&
              Math.min(bottom, shown) > button.top
            )
              found.push(text.textContent!)
        }
        return found
      }),
    )
    expect(covered).toEqual([])
  })
})
