/**
 * The element in trees that are not simply parsed once. What routers do to a page is done here as they do it: Turbo keeps and puts back
 * clones of the body, htmx swaps markup and keeps it as text, Astro swaps bodies of other documents inside a view transition.
 */
import type { Locator, Page } from '@playwright/test'
import { POLICY } from '../../scripts/serve.mjs'
import { expect, type SearchBox, test } from './box.js'

// Routers write markup, which Trusted Types forbid, and in it the styles of elements, of which the policy complains.
test.use({ policy: POLICY, complaintsAllowed: /inline style/ })

/** Where an element may find itself. */
const PLACES: Record<string, (page: Page) => Promise<unknown>> = {
  'a shadow root': (page) =>
    page.evaluate(() => {
      const host = document.querySelector('main')!.appendChild(document.createElement('div'))
      const root = host.attachShadow({ mode: 'open' })
      const style = document.createElement('link')
      Object.assign(style, { rel: 'stylesheet', href: 'inkling/element.css' })
      root.append(style, document.querySelector('inkling-search')!)
    }),
  'another place of the page': (page) =>
    page.evaluate(() => document.querySelector('main')!.prepend(document.querySelector('inkling-search')!)),
  'the same place, after it was taken out for a while': (page) =>
    page.evaluate(async () => {
      const element = document.querySelector('inkling-search')!
      const parent = element.parentElement!
      element.remove()
      await new Promise((resolve) => setTimeout(resolve, 100))
      parent.append(element)
    }),
  'a part of the page that was hidden and is shown again': (page) =>
    page.evaluate(async () => {
      const { style } = document.querySelector('header')!
      style.display = 'none'
      await new Promise((resolve) => setTimeout(resolve, 100))
      style.display = ''
    }),
  'a snapshot of Turbo, to which Back leads after another page': (page) =>
    page.evaluate(async () => {
      const snapshot = document.body.cloneNode(true)
      const other = document.createElement('body')
      other.append('Another page')
      document.documentElement.replaceChild(other, document.body)
      await new Promise((resolve) => setTimeout(resolve, 100))
      document.documentElement.replaceChild(snapshot, document.body)
    }),
  'a page of htmx, put back from the text that was kept of it': (page) =>
    page.evaluate(async () => {
      const kept = document.body.innerHTML
      document.body.innerHTML = '<p>Another page</p>'
      await new Promise((resolve) => setTimeout(resolve, 100))
      document.body.innerHTML = kept
    }),
  'a part that htmx swapped in': (page) =>
    page.evaluate(() => {
      const header = document.querySelector('header')!
      header.outerHTML = '<header><inkling-search src="search/"></inkling-search></header>'
    }),
  'the next page of Astro, where it persists, through a view transition': (page) =>
    page.evaluate(() => {
      const html = '<body><main><h1>Next</h1><inkling-search src="search/"></inkling-search></main></body>'
      const swap = () => {
        const next = new DOMParser().parseFromString(html, 'text/html').body
        next.querySelector('inkling-search')!.replaceWith(document.querySelector('inkling-search')!)
        document.body.replaceWith(next)
      }
      return document.startViewTransition(swap).finished
    }),
  'the next page of Astro, where it is another, through a view transition': (page) =>
    page.evaluate(() => {
      const html = '<body><main><h1>Next</h1><inkling-search src="search/"></inkling-search></main></body>'
      const swap = () => document.body.replaceWith(new DOMParser().parseFromString(html, 'text/html').body)
      return document.startViewTransition(swap).finished
    }),
}

/** Asks and chooses by the keyboard, as if nothing had happened. */
async function works(page: Page, box: SearchBox): Promise<void> {
  await expect(page.locator('.inkling-own')).toHaveCount(1)
  // The hits of the question before would do for the count, and be replaced under the mark.
  await box.input.fill('')
  await expect(box.options).toHaveCount(0)
  await box.input.fill('throwing away less unsold food')
  await expect(box.options).toHaveCount(3)
  await expect(box.panel).toHaveCount(1)
  await expect(box.status).toHaveCount(1)
  await page.keyboard.press('ArrowDown')
  await expect(box.options.first()).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Escape')
  await expect(box.panel).toBeHidden()
  await expect.poll(() => page.workers().length).toBe(1)
}

for (const [place, move] of Object.entries(PLACES)) {
  test(`the element works in ${place}, after it was used before`, async ({ box, page }) => {
    await box.open({ form: '' })
    await box.ask('Health Analytics?')
    await move(page)
    await works(page, box)
    // A second time nothing is left over from the first.
    if (!place.includes('shadow')) {
      await move(page)
      await works(page, box)
    }
  })
}

test('a box that the page makes later, and one that it makes from markup, work as one that was there', async ({
  box,
  page,
}) => {
  await box.open({ form: '' })
  await page.evaluate(() => {
    const old = document.querySelector('inkling-search')!
    const later = document.createElement('inkling-search')
    old.replaceWith(later)
    later.src = 'search/'
  })
  await works(page, box)
})

test('in a frame the element answers, keeps its panel inside, and leaves the keys of the page alone', async ({
  box,
  page,
}) => {
  await box.open({ form: '' })
  await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    Object.assign(frame, { src: location.href, title: 'Docs', width: '600', height: '500' })
    document.querySelector('inkling-search')!.remove()
    document.querySelector('main')!.append(frame)
    await new Promise((resolve) => frame.addEventListener('load', resolve))
  })
  const frame = page.frameLocator('iframe')
  const input: Locator = frame.getByRole('combobox', { name: 'Search' })
  await input.fill('Health Analytics?')
  const options = frame.locator('.inkling-option:not(.inkling-all-row)')
  await expect(options).toHaveCount(3)
  const panel = frame.locator('.inkling-panel')
  const [inside, around] = [(await panel.boundingBox())!, (await page.locator('iframe').boundingBox())!]
  expect(inside.x).toBeGreaterThanOrEqual(around.x)
  expect(inside.x + inside.width).toBeLessThanOrEqual(around.x + around.width)
  await page.getByLabel('Your notes').focus()
  await page.keyboard.type('/')
  await expect(page.getByLabel('Your notes')).toHaveValue('/')
})

test('a page that the browser itself kept and puts back answers as before', async ({ box, playwright }) => {
  // Playwright turns that cache off.
  const browser = await playwright.chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  try {
    await box.open({ form: '' })
    const page = await browser.newPage()
    await page.goto(`${box.url}/page.html`)
    await page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => (document.body.dataset.persisted = String(persisted))),
    )
    const input = page.getByRole('combobox', { name: 'Search' })
    await input.fill('Health Analytics?')
    await expect(page.locator('.inkling-option').first()).toBeVisible()
    // A page that still fetches is not kept.
    await page.evaluate(() => document.querySelector('inkling-search')!.search!.modelReady)
    await page.goto(`${box.url}/sessions.html`)
    // Nothing loads: Playwright would wait for that.
    await page.evaluate(() => void setTimeout(() => history.back()))
    await expect(page.locator('body')).toHaveAttribute('data-persisted', 'true')
    await input.fill('dashboards')
    await expect(page.locator('.inkling-option').first()).toBeVisible()
    await expect(page.locator('.inkling-panel')).toHaveCount(1)
  } finally {
    await browser.close()
  }
})
