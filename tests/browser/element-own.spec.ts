import type { Page } from '@playwright/test'
import { expect, HOSTILE, hold, test, UNADDRESSED_ID } from './box.js'
import { sessions } from './site.js'

const LONG = 'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(12)

/** The box that the element makes. */
const own = (page: Page) => page.locator('form.inkling-own')

/** Makes the page so long that the box stands at the foot of the window, or the head of a long one. */
const stretch = (page: Page, above: string, below: string) =>
  page.evaluate(
    ([above, below]) => {
      document.querySelector('header')!.style.marginBlockStart = above!
      document.querySelector('main')!.style.minBlockSize = below!
    },
    [above, below],
  )

for (const [device, viewport] of Object.entries({
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
})) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test('an element with nothing inside makes a form that can be touched, read and named', async ({ box, page }) => {
      await box.open({ form: '' })
      const form = (await own(page).boundingBox())!
      expect(form.height).toBeGreaterThanOrEqual(44)
      expect(form.width).toBeLessThanOrEqual(640)
      const input = page.getByRole('combobox', { name: 'Search' })
      expect(
        await input.evaluate((input) => Number.parseFloat(getComputedStyle(input).fontSize)),
      ).toBeGreaterThanOrEqual(16)
      await expect(input).toHaveAttribute('placeholder', 'Search')
      await expect(own(page).locator('svg')).toBeVisible()
      if (device === 'desktop') await expect(own(page).locator('kbd')).toHaveText('Ctrl K')
      expect(await box.violations()).toEqual([])
    })

    test('its panel is at most 40 rem wide, starts where the form starts, and stays inside the window', async ({
      box,
      page,
    }) => {
      for (const [dir, attributes] of [
        ['ltr', ''],
        ['ltr', 'align="end"'],
        ['rtl', ''],
      ]) {
        await box.open({ form: '', dir: dir!, attributes: attributes! })
        await box.ask('Health Analytics?')
        const [form, panel] = [(await own(page).boundingBox())!, (await box.panel.boundingBox())!]
        expect(panel.width).toBeLessThanOrEqual(640)
        expect(panel.x).toBeGreaterThanOrEqual(0)
        expect(panel.x + panel.width).toBeLessThanOrEqual(viewport.width)
        const atRight = (dir === 'rtl') !== (attributes === 'align="end"')
        const edge = ({ x, width }: { x: number; width: number }) => Math.round(atRight ? x + width : x)
        expect(Math.abs(edge(panel) - edge(form)), `${dir} ${attributes}`).toBeLessThanOrEqual(1)
        expect(Math.round(panel.y - form.y - form.height)).toBe(8)
      }
    })

    test('where there is no room below, the panel opens upwards', async ({ box, page }) => {
      await box.open({ form: '' })
      await stretch(page, '70vh', '0')
      await own(page).scrollIntoViewIfNeeded()
      await box.ask('Health Analytics?')
      const [form, panel] = [(await own(page).boundingBox())!, (await box.panel.boundingBox())!]
      expect(Math.round(form.y - panel.y - panel.height)).toBe(8)
      expect(panel.y).toBeGreaterThanOrEqual(0)
    })

    test('Enter shows more in place where there is no page of all results, and leads nowhere', async ({
      box,
      page,
    }) => {
      await box.open({ form: '' })
      await box.ask('Health Analytics?')
      await expect(box.options).toHaveCount(3)
      await page.keyboard.press('Enter')
      await expect.poll(() => box.options.count()).toBeGreaterThan(3)
      await expect(page).toHaveURL(`${box.url}/page.html`)
      await expect(box.input).toBeFocused()
    })

    test('what is longer than a line is wrapped, and nothing scrolls sideways', async ({ box, page }) => {
      await box.open({ form: '' })
      await page.evaluate((long) => {
        document.querySelector('inkling-search')!.renderHit = ({ title }) => document.createTextNode(`${title} ${long}`)
      }, LONG)
      await box.ask('Health Analytics?')
      const [inside, outside] = await box.panel.evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])
      expect(inside).toBeLessThanOrEqual(outside!)
    })

    test('behind a dialog the page stands still, and is where it was when that closes', async ({ box, page }) => {
      await box.open({ form: '', attributes: 'modal' })
      await stretch(page, '0', '300vh')
      await page.evaluate(() => window.scrollTo(0, 200))
      await page.keyboard.press('/')
      await expect(page.getByRole('dialog')).toBeVisible()
      await page.mouse.move(5, viewport.height - 5)
      await page.mouse.wheel(0, 400)
      await page.waitForTimeout(200)
      expect(await page.evaluate(() => window.scrollY)).toBe(200)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
      expect(await page.evaluate(() => window.scrollY)).toBe(200)
      await page.mouse.wheel(0, 100)
      await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(200)
    })
  })
}

test('in a dialog the hit that Enter opens is marked before an arrow is pressed, and told once the typing rests', async ({
  box,
  page,
}) => {
  await box.open({ form: '', attributes: 'modal action="sessions.html"' })
  await page.keyboard.press('Control+k')
  await box.ask('Health Analytics?')
  const [first, second] = [box.options.first(), box.options.nth(1)]
  await expect(first).toHaveAttribute('aria-selected', 'true')
  await expect(box.input).toHaveAttribute('aria-activedescendant', (await first.getAttribute('id')) ?? '')
  expect(await box.violations()).toEqual([])
  // The mark is nobody's yet: these keys are those of the text.
  await page.keyboard.press('Home')
  expect(await box.input.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(0)
  await page.keyboard.press('ArrowDown')
  await expect(second).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowUp')
  await expect(first).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowUp')
  await expect(page.locator('[aria-selected=true]')).toHaveCount(0)
  const href = await first.getAttribute('href')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/${href}`)
})

test('while somebody types on, the mark is told to nobody, and Enter opens nothing of the answer before', async ({
  box,
  page,
}) => {
  await box.open({ form: '', attributes: 'modal action="sessions.html"' })
  await page.keyboard.press('Control+k')
  await box.ask('Health Analytics?')
  const before = await box.options.first().getAttribute('href')
  await box.ask('throwing away less unsold food')
  expect(await box.input.getAttribute('aria-activedescendant')).toBeNull()
  const href = await box.options.first().getAttribute('href')
  expect(href).not.toBe(before)
  // In one task: the answer cannot have come.
  await box.input.evaluate((input: HTMLInputElement) => {
    input.value = 'Health Analytics?'
    input.dispatchEvent(new InputEvent('input', { bubbles: true }))
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
    input.form?.requestSubmit()
  })
  await expect(page).toHaveURL(`${box.url}/${before}`)
})

test('where nothing is asked, nothing is marked in a dialog', async ({ box, page }) => {
  await box.open({ form: '', attributes: 'modal suggest="graphs that deceive | Health Analytics?"' })
  await page.keyboard.press('Control+k')
  await expect(box.options).toHaveCount(2)
  await expect(page.locator('[aria-selected=true]')).toHaveCount(0)
})

test('with a page of all results Enter and the last row lead there, with the filters that are chosen', async ({
  box,
  page,
}) => {
  await box.open({ form: '', attributes: 'action="sessions.html" filters="day"' })
  await box.ask('data')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/sessions.html?q=data`)
  await box.open({ form: '', attributes: 'action="sessions.html" filters="day"' })
  await box.ask('data')
  await page.getByRole('button', { name: /Monday/ }).click()
  const row = page.getByRole('option', { name: /^Show all \d+ results/ })
  await expect(row).toHaveAttribute('href', `${box.url}/sessions.html?q=data&day=Monday`)
  await page.keyboard.press('ArrowUp')
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/sessions.html?q=data&day=Monday`)
})

test('a form of the site without an address does not load the page again', async ({ box, page }) => {
  await box.open({ form: '<form><input name="q" aria-label="Search sessions"></form>' })
  await box.ask('Health Analytics?')
  await page.keyboard.press('Enter')
  await expect.poll(() => box.options.count()).toBeGreaterThan(3)
  await expect(page).toHaveURL(`${box.url}/page.html`)
})

test('a hit without an address opens its text in place, with sessions like it, and a way back', async ({
  box,
  page,
}) => {
  await box.open({ form: '', attributes: 'limit="20" filters="day"' })
  await box.ask('right to be forgotten erasing personal data')
  const filters = page.locator('.inkling-filters')
  await expect(filters).toBeVisible()
  const count = await box.options.count()
  await box.options.filter({ hasText: HOSTILE.title }).click()
  const text = page.getByRole('article')
  await expect(text.getByRole('heading', { name: HOSTILE.title })).toBeVisible()
  await expect(text).toContainText('Monday')
  await expect(text.getByRole('link')).not.toHaveCount(0)
  await expect(box.options.first()).toBeHidden()
  await expect(filters).toBeHidden()
  expect(await box.violations()).toEqual([])
  await page.keyboard.press('Escape')
  await expect(filters).toBeVisible()
  await expect(text).toHaveCount(0)
  await expect(box.input).toBeFocused()
  await expect(box.options).toHaveCount(count)
  await expect(box.options.first()).toBeVisible()
})

test('what has no address is read whole, with what matches marked in it, also where that is in the last of its passages', async ({
  box,
}) => {
  const { title, abstract } = sessions.find(({ id }) => id === UNADDRESSED_ID)!
  const last = abstract
    .split(/[.?!] /)
    .at(-1)!
    .split(' ')
    .slice(0, 6)
    .join(' ')
  await box.open({ form: '' })
  await box.ask(`"${last}"`)
  await box.options.filter({ hasText: title }).click()
  const text = box.panel.locator('.inkling-text')
  await expect(text).toHaveText(abstract)
  const marked = (await text.locator('mark').allTextContents()).join(' ')
  for (const word of last.split(' ')) expect(marked).toContain(word)
  await expect(text.locator('mark').last()).toBeInViewport()
})

test('addresses are relative to the base that the site names', async ({ box }) => {
  await box.open({ form: '', attributes: 'base="docs/v2/"' })
  await box.ask('Health Analytics?')
  const href = await box.options.first().getAttribute('href')
  expect(href).toMatch(new RegExp(`^${box.url}/docs/v2/sessions\\.html#`))
})

test('two boxes of a page share one search and one worker, and each gets its answer', async ({ box, page }) => {
  await box.open({ form: '' })
  await page.evaluate(() => {
    const second = document.createElement('inkling-search')
    second.setAttribute('src', 'search/')
    second.setAttribute('shortcuts', 'off')
    document.querySelector('main')!.append(second)
  })
  const boxes = page.getByRole('combobox', { name: 'Search' })
  await expect(boxes).toHaveCount(2)
  await boxes.first().fill('Health Analytics?')
  await expect(page.locator('header .inkling-option')).toHaveCount(3)
  await boxes.last().fill('throwing away less unsold food')
  await expect(page.locator('main .inkling-option')).toHaveCount(3)
  expect(page.workers()).toHaveLength(1)
  expect(
    await page.evaluate(() => new Set([...document.querySelectorAll('inkling-search')].map((one) => one.search)).size),
  ).toBe(1)
  await page.evaluate(() => document.querySelector('header inkling-search')!.remove())
  await boxes.first().fill('graphs that deceive the reader')
  await expect(page.locator('main [role=status]')).toContainText('results')
  expect(page.workers()).toHaveLength(1)
})

test('what was typed is acknowledged at once, while the search is still opening', async ({ box, page }) => {
  const release = await hold(page, '**/manifest.json')
  await box.open({ form: '' })
  await box.input.fill('health')
  await expect(box.panel).toContainText('Searching for “health”…')
  await expect(box.panel.getByRole('progressbar')).toBeVisible()
  expect(await box.violations()).toEqual([])
  release()
  await expect(box.options).toHaveCount(3)
})

test('loading the model can be stopped, and begun again', async ({ box, page }) => {
  const release = await hold(page, '**/weights.safetensors')
  await box.open({ form: '' })
  await box.ask('dashboards', 'lexical')
  await page.getByRole('button', { name: 'Stop' }).click()
  const offer = page.getByRole('button', { name: /Turn on smart search/ })
  await expect(offer).toBeVisible()
  await expect(box.options).toHaveCount(3)
  await box.ask('hospital', 'lexical')
  release()
  await offer.click()
  await expect(box.panel).not.toContainText('Keyword results')
})

test('in a panel a value that the question names is offered below the answers, and filters them at a press', async ({
  box,
  page,
}) => {
  await box.open({ form: '', attributes: 'show="day"' })
  await box.ask('health on Tuesday')
  const offer = page.getByRole('button', { name: 'Only Tuesday' })
  await expect(offer).toHaveAttribute('aria-pressed', 'false')
  expect((await offer.boundingBox())!.y).toBeGreaterThan((await box.options.last().boundingBox())!.y)
  await offer.click()
  await expect(offer).toHaveAttribute('aria-pressed', 'true')
  await expect(box.input).toBeFocused()
  for (const facts of await page.locator('.inkling-facts').allTextContents()) expect(facts).toBe('Tuesday')
  expect(await box.violations()).toEqual([])
  await box.ask('dashboards')
  await expect(offer).toHaveAttribute('aria-pressed', 'true')
  await offer.click()
  await expect(offer).toHaveCount(0)
})

test('an empty box offers the questions that the site suggests', async ({ box, page }) => {
  await box.open({ form: '', attributes: 'suggest="graphs that deceive | Health Analytics?"' })
  await box.input.focus()
  await expect(page.getByRole('listbox', { name: 'Try asking' })).toBeVisible()
  await expect(box.options).toHaveText(['graphs that deceive', 'Health Analytics?'])
  await box.options.last().click()
  await expect(box.input).toHaveValue('Health Analytics?')
  await expect(box.options).toHaveCount(3)
})

test('nothing close offers the nearest anyway, which are said to be no match', async ({ box, page }) => {
  await box.open({ form: '' })
  await box.ask('xkjhgfd qwrtz')
  await page.getByRole('button', { name: 'Show the nearest anyway' }).click()
  await expect(box.panel).toContainText('Nothing matches well.')
  await expect(box.options).toHaveCount(3)
  await box.ask('Health Analytics?')
  await expect(box.panel).not.toContainText('Nothing matches well.')
})

test('a question in another language than the documents that nothing answers is told so in its own', async ({
  box,
  page,
}) => {
  await box.open({ form: '' })
  await box.ask('Wie wird das Wetter morgen in Bielefeld?')
  const said = page.getByText('Die Texte hier sind auf Englisch. Fragen Sie auf Englisch.')
  await expect(box.panel.locator('[lang=de]')).toHaveText('Die Texte hier sind auf Englisch. Fragen Sie auf Englisch.')
  await expect(said.first()).toBeVisible()
  await expect(box.status).toContainText('Fragen Sie auf Englisch.')
  expect(await box.violations()).toEqual([])
  await page.getByRole('button', { name: 'Show the nearest anyway' }).click()
  await expect(box.options).toHaveCount(3)
  await expect(box.panel.locator('[lang=de]')).toBeVisible()
  // One in letters that the model does not know, and one in the language of the documents.
  await box.ask('Какая завтра погода в Рязани?', 'lexical')
  await expect(box.panel.locator('[lang=ru]')).toContainText('английский')
  await box.ask('xkjhgfd qwrtz')
  await expect(box.panel).toContainText('Try other words.')
  await expect(box.panel.locator('bdi[lang]')).toHaveCount(0)
})

test.describe('when the site is wrong', () => {
  test.use({ complaintsAllowed: /^inkling-search: |Failed to load resource|Content Security Policy|unsafe-eval/ })

  /** What the console has heard from the element. */
  const listen = (page: Page) => {
    const heard: string[] = []
    page.on('console', (message) => {
      if (message.text().startsWith('inkling-search: ')) heard.push(message.text())
    })
    return heard
  }

  test('a policy that forbids WebAssembly is named with its cure, and the visitor is not sent to the connection', async ({
    box,
    page,
  }) => {
    const heard = listen(page)
    await page.route('**/*', async (route) => {
      const response = await route.fetch()
      const headers = { ...response.headers(), 'content-security-policy': "default-src 'self'; script-src 'self'" }
      await route.fulfill({ response, headers })
    })
    await box.open({ form: '' })
    await box.input.fill('health')
    await expect(box.panel).toContainText('do not let the search run')
    await expect(box.panel).toContainText('(blocked)')
    await expect(box.panel).not.toContainText('connection')
    expect(heard).toHaveLength(1)
    expect(heard[0]).toContain("'wasm-unsafe-eval'")
  })

  test('an index that is not there is told in one line of the console, with the folder and what to do', async ({
    box,
    page,
  }) => {
    const heard = listen(page)
    await box.open({ form: '' })
    await page.locator('inkling-search').evaluate((element) => element.setAttribute('src', 'nowhere/'))
    await box.input.fill('health')
    await expect(box.panel).toContainText('(not-found)')
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatch(/nowhere\/.*inkling index/)
  })

  test('a field that no document has is left out and named in the console', async ({ box, page }) => {
    const heard = listen(page)
    await box.open({ form: '', attributes: 'filters="day colour"' })
    await box.ask('Health Analytics?')
    await expect(page.getByRole('group')).toHaveCount(1)
    expect(heard).toEqual([expect.stringContaining('colour')])
  })
})

test('no key is taken from somebody who is typing: in a layout, a shadow root that is closed, or a search that is hidden', async ({
  box,
  page,
}) => {
  await box.open({ form: '' })
  await page.evaluate(() => {
    const layout = document.querySelector('main')!.appendChild(document.createElement('div'))
    Object.assign(layout, { contentEditable: 'true', id: 'layout' })
    customElements.define(
      'closed-field',
      class extends HTMLElement {
        connectedCallback() {
          const input = document.createElement('input')
          this.attachShadow({ mode: 'closed' }).append(input)
          this.focus = () => input.focus()
          Object.assign(this, { read: () => input.value })
        }
      },
    )
    document.querySelector('main')!.append(document.createElement('closed-field'))
  })
  await page.locator('#layout').focus()
  for (const key of ['/', 'Control+k']) await page.keyboard.press(key)
  await expect(page.locator('#layout')).toBeFocused()
  await expect(page.locator('#layout')).toHaveText('/')
  await page.evaluate(() => (document.querySelector('closed-field') as HTMLElement).focus())
  await page.keyboard.press('/')
  expect(
    await page.evaluate(() => (document.querySelector('closed-field') as never as { read(): string }).read()),
  ).toBe('/')
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('inkling-search')!.hidden = true
    document.querySelector<HTMLElement>('inkling-search')!.style.display = 'none'
    ;(document.activeElement as HTMLElement).blur()
  })
  await page.evaluate(() =>
    addEventListener('keydown', ({ defaultPrevented }) => (document.body.dataset.taken = String(defaultPrevented))),
  )
  await page.keyboard.press('/')
  await expect(page.locator('body')).toHaveAttribute('data-taken', 'false')
})
