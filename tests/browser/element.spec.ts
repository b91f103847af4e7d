import { expect, HOSTILE, HOSTILE_ID, hold, test } from './box.js'

for (const [device, viewport] of Object.entries({
  desktop: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
})) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test('a question typed into the form of the site shows the best three sessions, marked, as links', async ({
      box,
      page,
    }) => {
      await box.open({ attributes: 'show="day track"' })
      await box.ask('Health Analytics?')
      await expect(box.options).toHaveCount(3)
      await expect(box.status).toContainText(/The best 3 of \d+ results/)
      await expect(box.options.first().locator('mark').first()).toHaveText(/health|analytics/i)
      await expect(box.options.first().locator('.inkling-facts')).toContainText(/day · /)
      const href = await box.options.first().getAttribute('href')
      await box.options.first().click()
      await expect(page).toHaveURL(`${box.url}/${href}`)
    })

    test('the panel stays inside the window, over the page', async ({ box, page }) => {
      await box.open({ attributes: 'filters="day track"' })
      const before = await page.getByRole('heading').boundingBox()
      await box.ask('Health Analytics?')
      const panel = (await box.panel.boundingBox())!
      expect(panel.x).toBeGreaterThanOrEqual(0)
      expect(panel.x + panel.width).toBeLessThanOrEqual(viewport.width)
      expect(await page.getByRole('heading').boundingBox()).toEqual(before)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
    })

    test('with align="end" the panel ends where the form ends, inside the window', async ({ box, page }) => {
      for (const dir of ['ltr', 'rtl']) {
        await box.open({ attributes: 'align="end"', dir })
        // A narrow form at the end of the header.
        const element = page.locator('inkling-search')
        await element.evaluate((element) =>
          Object.assign((element as HTMLElement).style, {
            flex: 'none',
            inlineSize: '12rem',
            marginInlineStart: 'auto',
          }),
        )
        await box.ask('Health Analytics?')
        const [form, panel] = [(await element.boundingBox())!, (await box.panel.boundingBox())!]
        expect(panel.width).toBeGreaterThan(form.width)
        const end = ({ x, width }: { x: number; width: number }) => Math.round(dir === 'ltr' ? x + width : x)
        expect(end(panel)).toBe(end(form))
        expect(panel.x).toBeGreaterThanOrEqual(0)
        expect(panel.x + panel.width).toBeLessThanOrEqual(viewport.width)
      }
    })

    test('the panel stays inside the window wherever the form stands', async ({ box, page }) => {
      const margins = { start: '0 auto 0 0', middle: '0 auto', end: '0 0 0 auto' }
      for (const attributes of ['', 'align="end"']) {
        for (const [place, margin] of Object.entries(margins)) {
          await box.open({ attributes })
          const style = { flex: 'none', inlineSize: '10rem', margin }
          await page
            .locator('inkling-search')
            .evaluate((element, style) => Object.assign((element as HTMLElement).style, style), style)
          await box.ask('Health Analytics?')
          const panel = (await box.panel.boundingBox())!
          expect(panel.x, `${place} ${attributes}`).toBeGreaterThanOrEqual(0)
          expect(panel.x + panel.width, `${place} ${attributes}`).toBeLessThanOrEqual(viewport.width)
        }
      }
    })

    test('filters are toggles with counts that narrow the answer, and can be dropped', async ({ box, page }) => {
      await box.open({ attributes: 'filters="day, track" show="day"' })
      await box.ask('Health Analytics?')
      const day = page.getByRole('group', { name: 'Filter by Day' })
      const monday = day.getByRole('button', { name: /Monday \d+/ })
      const count = Number(/\d+/.exec((await monday.textContent())!)![0])
      await monday.click()
      await expect(monday).toHaveAttribute('aria-pressed', 'true')
      await expect(box.status).toContainText(count > 3 ? `of ${count} results` : `${count} result`)
      for (const facts of await box.options.locator('.inkling-facts').allTextContents()) expect(facts).toBe('Monday')
      await monday.click()
      await expect(monday).toHaveAttribute('aria-pressed', 'false')
      await expect(box.status).not.toContainText(`of ${count} results`)
    })

    test('the dialog opens over the page, answers, and gives the focus back', async ({ box, page }) => {
      await box.open({ attributes: 'modal' })
      await page.getByRole('searchbox', { name: 'Search sessions' }).click()
      const dialog = page.getByRole('dialog', { name: 'Search' })
      await expect(dialog).toBeVisible()
      await expect(box.input).toBeFocused()
      await box.ask('Health Analytics?')
      await expect(box.options).toHaveCount(3)
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
      await expect(page.getByRole('searchbox', { name: 'Search sessions' })).toBeFocused()
      await expect(page.getByRole('searchbox', { name: 'Search sessions' })).toHaveValue('Health Analytics?')
    })
  })
}

test('a question that the page asks while the dialog is open is asked in it', async ({ box, page }) => {
  await box.open({ attributes: 'modal' })
  await page.getByRole('searchbox', { name: 'Search sessions' }).click()
  await box.ask('graphs that deceive')
  await page.evaluate(() => document.querySelector('inkling-search')!.ask('Health Analytics?'))
  await expect(page.getByRole('dialog')).toHaveCount(1)
  await expect(box.input).toHaveValue('Health Analytics?')
  await expect(box.options.first().locator('mark').first()).toHaveText(/health|analytics/i)
})

test('without script the form of the site is sent as ever', async ({ browser, box }) => {
  await box.open()
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${box.url}/page.html`)
  await page.getByRole('searchbox', { name: 'Search sessions' }).fill('health')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/sessions.html?q=health&from=box`)
  await context.close()
})

test('with script, Enter without a chosen session still sends the form of the site', async ({ box, page }) => {
  await box.open()
  await box.ask('health')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/sessions.html?q=health&from=box`)
})

test('the form of the dialog goes where the form of the site goes', async ({ box, page }) => {
  await box.open({ attributes: 'modal' })
  await page.keyboard.press('Control+k')
  await box.ask('health')
  await page.getByRole('option', { name: /Show all \d+ results/ }).click()
  await expect(page).toHaveURL(`${box.url}/sessions.html?q=health&from=box`)
})

test('recent searches are offered in an empty box, are kept, and can be forgotten', async ({ box, page }) => {
  await box.open()
  await box.ask('graphs that deceive')
  await box.options.first().click()
  await box.open()
  await box.input.focus()
  await expect(page.getByRole('listbox', { name: 'Recent searches' })).toBeVisible()
  await expect(box.options).toHaveText(['graphs that deceive'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(box.input).toHaveValue('graphs that deceive')
  await expect(box.options).toHaveCount(3)
  await box.input.fill('')
  await page.getByRole('button', { name: 'Clear recent searches' }).click()
  await expect(box.panel).toBeHidden()
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
})

test('with recent="off" no search is kept', async ({ box, page }) => {
  await box.open({ attributes: 'recent="off"' })
  await box.ask('graphs that deceive')
  await box.options.first().click()
  await expect(page).toHaveURL(/sessions/)
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
})

test('titles that look like markup are shown as text, and addresses that would run something are no links', async ({
  box,
  page,
}) => {
  // The titles of an index are those of its documents; this one was made hostile on the way.
  await box.open({ attributes: 'limit="20"' })
  await box.ask('right to be forgotten erasing personal data')
  const hostile = box.options.filter({ hasText: HOSTILE.title })
  await expect(hostile, HOSTILE_ID).toHaveCount(1)
  expect(await hostile.getAttribute('href')).toBeNull()
  await hostile.click()
  expect(await page.evaluate(() => (globalThis as never as { broken?: number }).broken)).toBeUndefined()
  await expect(page).toHaveURL(`${box.url}/page.html`)
})

test('only the answer to what is in the box is ever shown', async ({ box, page }) => {
  await box.open()
  await box.ask('health')
  const shown = page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const queries: string[] = []
        document.addEventListener('inkling-results', ({ detail }) => {
          const { value } = document.querySelector('input')!
          queries.push(detail.query === value ? 'current' : `stale: ${detail.query} for ${value}`)
          if (detail.query === 'throwing away less unsold food') resolve(queries)
        })
      }),
  )
  await box.input.fill('')
  await box.input.pressSequentially('throwing away less unsold food', { delay: 30 })
  expect(new Set(await shown)).toEqual(new Set(['current']))
})

test('an answer that comes after the box was emptied or left is not shown', async ({ box, page }) => {
  const release = await hold(page, '**/lexical.safetensors')
  await box.open()
  await box.input.fill('health')
  await expect(box.panel).toContainText('Opening the search')
  await page.keyboard.press('Escape')
  await expect(box.panel).toBeHidden()
  const ready = page.evaluate(
    () => new Promise((resolve) => document.addEventListener('inkling-ready', resolve, { once: true })),
  )
  release()
  await ready
  await page.waitForTimeout(300)
  await expect(box.panel).toBeHidden()
  await expect(box.options).toHaveCount(0)
})

test('nothing close is said in words, and offers to search without filters', async ({ box, page }) => {
  await box.open({ attributes: 'filters="day"' })
  await box.ask('health')
  await page.getByRole('button', { name: /Monday/ }).click()
  await box.ask('xkjhgfd qwrtz')
  await expect(box.panel).toContainText('Nothing comes close to “xkjhgfd qwrtz”.')
  await expect(box.panel).not.toContainText('0 results')
  await expect(box.status).toContainText('Nothing comes close')
  await page.getByRole('button', { name: 'Search without filters' }).click()
  await expect(page.getByRole('group', { name: 'Filter by Day' })).toBeHidden()
  await box.ask('health')
  await expect(page.getByRole('button', { name: /Monday/ })).toHaveAttribute('aria-pressed', 'false')
})

test('a misspelt question says how it was read, in the language of the page', async ({ box }) => {
  await box.open({ lang: 'de' })
  await box.ask('custmer liftime valeu')
  await expect(box.panel).toContainText('(gelesen als „customer lifetime value“)')
  await expect(box.status).toContainText('gelesen als')
  await expect(box.options.first()).toContainText('Customer Lifetime Value')
})

test('where nothing was found yet there is no bar for filters', async ({ box, page }) => {
  await box.open({ attributes: 'filters="day"' })
  await box.ask('xkjhgfd qwrtz')
  await expect(box.panel).toContainText('Nothing comes close')
  await expect(page.locator('.inkling-filters')).toBeHidden()
  await box.ask('health')
  await expect(page.locator('.inkling-filters')).toBeVisible()
})

for (const [lang, found, label] of [
  ['de', /Die besten 3 von \d+ Ergebnissen/, 'Ergebnisse'],
  ['es-MX', /Los 3 mejores de \d+ resultados/, 'Resultados'],
  ['ja', /\d+ 件のうち上位 3 件/, '検索結果'],
] as const) {
  test(`the element speaks the language of the page: ${lang}`, async ({ box, page }) => {
    await box.open({ lang })
    await box.ask('Health Analytics?')
    await expect(box.status).toContainText(found)
    await expect(page.getByRole('listbox', { name: label })).toBeVisible()
  })
}

test('a site puts its own sentences over those of the element', async ({ box, page }) => {
  await box.open({ attributes: 'filters="day"' })
  await page.evaluate(() => {
    document.querySelector('inkling-search')!.messages = {
      best: { other: '{shown} de {n} séances' },
      fields: { day: 'Jour' },
    }
  })
  await box.ask('Health Analytics?')
  await expect(box.status).toContainText(/3 de \d+ séances/)
  await expect(page.getByRole('group', { name: 'Filter by Jour' })).toBeVisible()
})

test('a page can keep the visitor where it is when a session is chosen', async ({ box, page }) => {
  await box.open()
  const chosen = page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener('inkling-select', (event) => {
          event.preventDefault()
          resolve(event.detail.id)
        }),
      ),
  )
  await box.ask('Health Analytics?')
  const href = await box.options.first().getAttribute('href')
  await box.options.first().click()
  expect(`sessions.html#${await chosen}`).toBe(href)
  await expect(page).toHaveURL(`${box.url}/page.html`)
})
