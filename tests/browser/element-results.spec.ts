import fs from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { siteFolder } from '../../scripts/site.mjs'
import { expect, HOSTILE, hold, SECTIONED, type SearchBox, test } from './box.js'

const QUESTION = 'Health Analytics?'

/** Opens a page of results with a question in its address. */
async function openResults(box: SearchBox, page: Page, query = '', attributes = ''): Promise<void> {
  await box.open({ form: '', attributes: `results ${attributes}` })
  if (query) await page.goto(`${box.url}/page.html${query}`)
}

const input = (page: Page) => page.getByRole('searchbox', { name: 'Search' })
const items = (page: Page) => page.getByRole('list', { name: 'Results' }).getByRole('listitem')
const asked = (page: Page) => new URL(page.url()).search

for (const [device, viewport] of Object.entries({
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
})) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test('a page of results answers the question in its address, filters included, in the flow of the page', async ({
      box,
      page,
    }) => {
      await openResults(box, page, '?q=data&day=Monday', 'filters="day track" show="day track"')
      await expect(input(page)).toHaveValue('data')
      await expect(items(page)).toHaveCount(10)
      await expect(page.getByRole('button', { name: /^Monday/ })).toHaveAttribute('aria-pressed', 'true')
      for (const facts of await page.locator('.inkling-facts').allTextContents()) expect(facts).toMatch(/^Monday · /)
      // Below the answers, whenever a better one takes the place of the first.
      const topOf = async (part: Locator) => (await part.boundingBox())?.y ?? Number.NaN
      await expect
        .poll(async () => (await topOf(page.getByRole('heading'))) - (await topOf(items(page).last())))
        .toBeGreaterThan(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
      expect(await box.violations()).toEqual([])
    })

    test('more results are shown below, and the first new one has the focus', async ({ box, page }) => {
      await openResults(box, page, '?q=data')
      await box.modelReady()
      await expect(items(page)).toHaveCount(10)
      const more = page.getByRole('button', { name: /^Show (more|all)/ })
      await more.focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => items(page).count()).toBeGreaterThan(10)
      await expect(items(page).nth(10).locator('.inkling-option')).toBeFocused()
    })

    test('who is on a hit stays on it when the answer by meaning takes the place of that by words', async ({
      box,
      page,
    }) => {
      // However long the model takes: the answer by words does not count as read.
      await page.addInitScript(() => {
        const now = Date.now()
        Date.now = () => now
      })
      await box.open({ form: '', attributes: 'results' })
      const meaning = await hold(page, '**/weights.safetensors')
      await page.goto(`${box.url}/page.html?q=data`)
      await expect(items(page)).toHaveCount(10)
      const hit = items(page).first().locator('.inkling-option')
      await hit.focus()
      const id = await hit.getAttribute('data-id')
      const better = page.evaluate(
        () =>
          new Promise((resolve) => {
            document.addEventListener('inkling-results', ({ detail }) => detail.mode === 'hybrid' && resolve(true))
          }),
      )
      meaning()
      await better
      await expect(page.locator(`[data-id="${id}"]`)).toBeFocused()
    })
  })
}

test('each question is a place in the history: Enter, a rest and a filter make one, typing alone does not', async ({
  box,
  page,
}) => {
  await openResults(box, page, '', 'filters="day"')
  const before = await page.evaluate(() => history.length)
  await input(page).pressSequentially('health', { delay: 20 })
  await expect(items(page)).not.toHaveCount(0)
  await page.keyboard.press('Enter')
  await expect.poll(() => asked(page)).toBe('?q=health')
  await input(page).fill('dashboards')
  await expect.poll(() => asked(page)).toBe('?q=dashboards')
  await page.getByRole('button', { name: /Monday/ }).click()
  await expect.poll(() => asked(page)).toBe('?q=dashboards&day=Monday')
  expect(await page.evaluate(() => history.length)).toBe(before + 3)
  await page.goBack()
  await expect(page.getByRole('button', { name: /Monday/ })).toHaveAttribute('aria-pressed', 'false')
  await expect(input(page)).toHaveValue('dashboards')
  await page.goBack()
  await expect(input(page)).toHaveValue('health')
  await expect(page.locator('.inkling-said')).toContainText('result')
  await page.goForward()
  await expect(input(page)).toHaveValue('dashboards')
})

test('whoever comes back from a session finds the list as long, and where it was', async ({ box, page }) => {
  await page.setViewportSize({ width: 800, height: 500 })
  await openResults(box, page, '?q=data')
  await box.modelReady()
  await page.getByRole('button', { name: /^Show (more|all)/ }).click()
  await expect.poll(() => items(page).count()).toBeGreaterThan(10)
  const count = await items(page).count()
  await items(page).nth(12).scrollIntoViewIfNeeded()
  await page.evaluate(() =>
    document.addEventListener('inkling-select', () => sessionStorage.setItem('scroll', String(window.scrollY))),
  )
  await items(page).nth(12).locator('a').click()
  await expect(page).toHaveURL(/sessions\.html/)
  await page.goBack()
  await expect(items(page)).toHaveCount(count)
  const scroll = await page.evaluate(() => Number(sessionStorage.getItem('scroll')))
  expect(scroll).toBeGreaterThan(0)
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(scroll)
})

test('the arrows lead from the box through the results and back, and what has no address opens in place', async ({
  box,
  page,
}) => {
  await openResults(box, page, '', 'limit="40"')
  await input(page).fill(QUESTION)
  await expect(items(page)).not.toHaveCount(0)
  await page.keyboard.press('ArrowDown')
  await expect(items(page).first().locator('.inkling-option')).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(input(page)).toBeFocused()
  await input(page).fill('right to be forgotten erasing personal data')
  const hostile = page.getByRole('button', { name: HOSTILE.title })
  await hostile.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('article').getByRole('heading', { name: HOSTILE.title })).toBeVisible()
  await expect(hostile).toBeHidden()
  await expect(items(page).first()).toBeHidden()
  expect(await box.violations()).toEqual([])
  await page.getByRole('button', { name: 'Back to the results' }).click()
  await expect(page.getByRole('article')).toHaveCount(0)
  await expect(hostile).toBeVisible()
})

test('Tab leads from the box to the answers, before the filters', async ({ box, page }) => {
  await openResults(box, page, '?q=data', 'filters="day track"')
  await expect(items(page)).toHaveCount(10)
  await input(page).focus()
  await page.keyboard.press('Tab')
  await expect(items(page).first().locator('.inkling-option')).toBeFocused()
})

test('on a phone the answers come before the filters, a button leads there, and a chosen filter brings its answers into sight', async ({
  box,
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await openResults(box, page, '?q=data', 'filters="day track" show="day"')
  await expect(items(page)).toHaveCount(10)
  const top = async (part: Locator) => (await part.boundingBox())!.y
  const filters = page.locator('.inkling-filters')
  expect(await top(items(page).last())).toBeLessThan(await top(filters))
  await page.getByRole('button', { name: 'Filters', exact: true }).click()
  const monday = page.getByRole('button', { name: /^Monday/ })
  await expect(monday).toBeFocused()
  await expect(monday).toBeInViewport()
  await expect(items(page).first()).not.toBeInViewport()
  await monday.click()
  await expect(page.locator('.inkling-facts').first()).toHaveText('Monday')
  await expect(items(page).first()).toBeInViewport()
  const chosen = page.getByRole('button', { name: 'Only Monday' })
  await expect(chosen).toHaveAttribute('aria-pressed', 'true')
  await expect(chosen).toBeInViewport()
  expect(await box.violations()).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await chosen.click()
  await expect(monday).toHaveAttribute('aria-pressed', 'false')

  // Beside the answers there is nothing to lead to, and a filter is named once.
  await page.setViewportSize({ width: 1280, height: 844 })
  await monday.click()
  await expect(page.getByRole('button', { name: 'Only Monday' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Filters', exact: true })).toHaveCount(0)
  await expect(monday).toBeInViewport()
})

test('a hit shows the headings that its passage is below, and leads to the last of them', async ({ box, page }) => {
  await openResults(box, page)
  await box.open({ form: '', attributes: 'results' })
  await input(page).fill(SECTIONED.question)
  const hit = items(page).first().locator('.inkling-option')
  await expect(hit.locator('.inkling-path')).toHaveText('A model is a photograph of a river. › There will be no')
  await expect(hit).toHaveAttribute('href', 'sessions.html#slides')
  await expect(items(page).nth(1).locator('.inkling-path')).toHaveCount(0)
  expect(await box.violations()).toEqual([])
})

for (const filters of ['filters="day"', '']) {
  test(`a value that the question names is offered as a filter over the answers, applied and dropped by a press${filters && ', beside the filter itself'}`, async ({
    box,
    page,
  }) => {
    await openResults(box, page, '', `show="day" limit="40" ${filters}`)
    await input(page).focus()
    await box.modelReady()
    await input(page).fill('health on Tuesday')
    const offer = page.getByRole('button', { name: 'Only Tuesday' })
    await expect(offer).toHaveAttribute('aria-pressed', 'false')
    const days = () => page.locator('.inkling-facts').allTextContents()
    const before = await days()
    expect(new Set(before).size).toBeGreaterThan(1)
    expect((await offer.boundingBox())!.y).toBeLessThan((await items(page).first().boundingBox())!.y)
    await offer.focus()
    await page.keyboard.press('Enter')
    await expect.poll(async () => [...new Set(await days())]).toEqual(['Tuesday'])
    await expect(offer).toHaveAttribute('aria-pressed', 'true')
    await expect(offer).toBeFocused()
    expect(asked(page)).toBe(filters ? '?q=health+on+Tuesday&day=Tuesday' : '?q=health+on+Tuesday')
    expect(await box.violations()).toEqual([])
    await offer.click()
    await expect.poll(days).toEqual(before)

    // Whoever leaves for a session and comes back finds the filter as it was.
    await offer.click()
    await expect(offer).toHaveAttribute('aria-pressed', 'true')
    await items(page).first().locator('a').click()
    await expect(page).toHaveURL(/sessions\.html/)
    await page.goBack()
    await expect(offer).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(async () => [...new Set(await days())]).toEqual(['Tuesday'])
  })
}

for (const [lang, folder] of [
  ['de-CH', 'de'],
  ['en', 'en'],
  ['fr', 'en'],
] as const) {
  test(`of an index for each language the page's own is asked, and the first where there is none: ${lang}`, async ({
    box,
  }) => {
    for (const name of ['en', 'de'])
      fs.cpSync(path.join(siteFolder, 'search'), path.join(box.folder, 'search', name), { recursive: true })
    await box.open({ lang, attributes: 'languages="en de"' })
    await box.ask('Health Analytics?')
    await expect(box.options).toHaveCount(3)
    const manifests = box.requests.filter((path) => path.endsWith('/manifest.json'))
    expect(manifests).toEqual([`/search/${folder}/manifest.json`])
  })
}

test('with an order everything is listed while nothing is asked', async ({ box, page }) => {
  await openResults(box, page, '', 'sort="start" show="start"')
  await expect(items(page)).toHaveCount(10)
  await expect(page.locator('.inkling-facts').first()).toHaveText(/^Mon, /)
})

test('a page that is told of every question without an answer can send it where it likes', async ({ box, page }) => {
  await openResults(box, page)
  const told = page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener('inkling-results', ({ detail: { query, found } }) => {
          if (found === 0) resolve(query)
        }),
      ),
  )
  await input(page).fill('xkjhgfd qwrtz')
  expect(await told).toBe('xkjhgfd qwrtz')
})

test.describe('as it comes', () => {
  // It names no icon: browsers look for one.
  test.use({ complaintsAllowed: /Failed to load resource.*404/ })

  test('the page of results that comes with the package answers as it is', async ({ box, page }) => {
    await page.goto(`${box.url}/inkling/results.html?q=data`)
    await expect(items(page)).toHaveCount(10)
    expect(await box.violations()).toEqual([])
  })
})

test('the page’s own nodes stand for each hit, its buttons below it, and its own part among the answers', async ({
  box,
  page,
}) => {
  // Set before the tag is defined: it stays.
  await page.addInitScript(() =>
    document.addEventListener('readystatechange', () => {
      const element = document.querySelector('inkling-search')
      if (!element || document.readyState !== 'interactive') return
      const make = (text: string, tag = 'span') => Object.assign(document.createElement(tag), { textContent: text })
      Object.assign(element, {
        renderHit: ({ id }: { id: string }) => make(`hit ${id}`, 'h3'),
        renderActions: ({ id }: { id: string }) => make(`Keep ${id}`, 'button'),
      })
    }),
  )
  await openResults(box, page)
  await box.open({ form: '<p slot="results">My own part</p>', attributes: 'results' })
  await input(page).fill(QUESTION)
  const first = items(page).first()
  await expect(first.getByRole('link', { name: /^hit / })).toBeVisible()
  await expect(first.getByRole('button', { name: /^Keep / })).toBeVisible()
  const [list, own] = [
    await page.getByRole('list', { name: 'Results' }).boundingBox(),
    await page.getByText('My own part').boundingBox(),
  ]
  expect(own!.y).toBeGreaterThan(list!.y)
  expect(await box.violations()).toEqual([])
  await page.evaluate(() => document.querySelector('inkling-search')!.removeAttribute('results'))
  await expect(page.locator('inkling-search > [slot=results]')).toHaveText('My own part')
})

for (const attributes of ['', 'modal', 'results']) {
  test(`the page can ask for its visitor, at once or later: <inkling-search ${attributes}>`, async ({ box, page }) => {
    await box.open({ form: '', attributes })
    for (const text of ['Health Analytics?', 'dashboards']) {
      await page.evaluate((text) => document.querySelector('inkling-search')!.ask(text), text)
      const scope = attributes === 'modal' ? page.getByRole('dialog') : page.locator('inkling-search')
      await expect(scope.locator('input[type=search]').last()).toHaveValue(text)
      await expect(scope.locator('.inkling-option').first()).toBeVisible()
      if (attributes === 'modal') await page.keyboard.press('Escape')
      if (attributes === 'results') await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe(text)
    }
  })
}

test('a question asked in the moment in which the dialog closes opens it again', async ({ box, page }) => {
  await box.open({ form: '', attributes: 'modal' })
  const ask = (text: string) => page.evaluate((text) => document.querySelector('inkling-search')!.ask(text), text)
  await ask('Health Analytics?')
  await expect(page.getByRole('dialog').locator('.inkling-option').first()).toBeVisible()
  await page.evaluate(() => {
    document.querySelector('dialog')!.close()
    document.querySelector('inkling-search')!.ask('dashboards')
  })
  await expect(page.getByRole('dialog').locator('input[type=search]')).toHaveValue('dashboards')
  await expect(page.getByRole('dialog').locator('.inkling-option').first()).toBeVisible()
  await expect(page.locator('dialog')).toHaveCount(1)
})
