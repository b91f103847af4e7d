import { violationsInAllLooks } from './axe.js'
import { expect, hold, test } from './box.js'

test.describe('in light and dark colours on a desktop and on a phone', () => {
  test('axe finds nothing to complain about closed, open, in results, in filters and in an answer of nothing', async ({
    box,
    page,
  }) => {
    await box.open({ attributes: 'filters="day track" show="day room"' })
    expect(await violationsInAllLooks(page), 'closed').toEqual([])
    await box.ask('Health Analytics?')
    await page.keyboard.press('ArrowDown')
    expect(await violationsInAllLooks(page), 'results').toEqual([])
    await page.getByRole('button', { name: /Monday/ }).click()
    await expect(page.getByRole('button', { name: /Monday/ })).toHaveAttribute('aria-pressed', 'true')
    expect(await violationsInAllLooks(page), 'filters').toEqual([])
    await box.ask('xkjhgfd qwrtz')
    expect(await violationsInAllLooks(page), 'nothing').toEqual([])
  })

  test('axe finds nothing to complain about in the dialog, and in recent searches', async ({ box, page }) => {
    await box.open({ attributes: 'modal filters="day"' })
    await page.keyboard.press('/')
    expect(await violationsInAllLooks(page), 'empty').toEqual([])
    await box.ask('Health Analytics?')
    expect(await violationsInAllLooks(page), 'results').toEqual([])
    await box.options.first().click()
    await box.open({ attributes: 'modal' })
    await page.keyboard.press('/')
    await expect(page.getByRole('listbox', { name: 'Recent searches' })).toBeVisible()
    expect(await violationsInAllLooks(page), 'recent').toEqual([])
  })

  test.describe('when something fails', () => {
    test.use({ complaintsAllowed: /^inkling-search: / })

    test('axe finds nothing to complain about when the search, or only its model, fails', async ({ box, page }) => {
      box.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, 1000) : body)
      await box.open()
      await box.ask('health', 'lexical')
      await expect(box.panel).toContainText('Keyword results only')
      expect(await violationsInAllLooks(page), 'model').toEqual([])
      box.alter = (path, body) => (path.endsWith('lexical.safetensors') ? body.subarray(0, 1000) : body)
      await box.page.evaluate(() => caches.delete('inkling-1'))
      await box.open()
      await box.input.fill('health')
      await expect(box.panel).toContainText('could not be loaded')
      expect(await violationsInAllLooks(page), 'search').toEqual([])
    })
  })
})

test('the keyboard does everything: shortcuts, arrows, Home, End, Enter and Esc', async ({ box, page }) => {
  await box.open()
  await page.keyboard.press('/')
  await expect(box.input).toBeFocused()
  await expect(box.input).toHaveValue('')
  await box.ask('Health Analytics?')
  await expect(box.input).toHaveAttribute('aria-expanded', 'true')

  const active = () =>
    page.evaluate(() => {
      const id = document.activeElement?.getAttribute('aria-activedescendant')
      return [...document.querySelectorAll('[role=option]')].findIndex(
        (option) => option.id === id && option.ariaSelected === 'true',
      )
    })
  const places = []
  for (const key of [
    'ArrowDown',
    'ArrowDown',
    'Home',
    'End',
    'ArrowDown',
    'ArrowUp',
    'ArrowUp',
    'ArrowUp',
    'ArrowUp',
    'ArrowUp',
  ]) {
    await page.keyboard.press(key)
    places.push(await active())
  }
  // The row that leads to all results is the last. One step beyond either end the mark is in the text again.
  expect(places).toEqual([0, 1, 0, 3, -1, 3, 2, 1, 0, -1])
  expect(await page.locator('[role=option][aria-selected=true]').count()).toBe(0)

  await page.keyboard.press('Escape')
  await expect(box.panel).toBeHidden()
  await expect(box.input).toHaveAttribute('aria-expanded', 'false')
  await expect(box.input).toHaveValue('Health Analytics?')
  await page.keyboard.press('ArrowDown')
  await expect(box.panel).toBeVisible()
  const href = await box.options.first().getAttribute('href')
  expect(await active()).toBe(0)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${box.url}/${href}`)
})

test('Home and End move in the text while no session is marked', async ({ box, page }) => {
  await box.open()
  await box.ask('health')
  await page.keyboard.press('Home')
  expect(await box.input.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(0)
  await page.keyboard.press('End')
  expect(await box.input.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(6)
})

test('Ctrl+K and Cmd+K open the search, and a slash that is typed into a text stays there', async ({ box, page }) => {
  await box.open()
  const notes = page.getByRole('textbox', { name: 'Your notes' })
  await notes.focus()
  await page.keyboard.press('/')
  await expect(notes).toHaveValue('/')
  await expect(notes).toBeFocused()
  for (const key of ['Control+k', 'Meta+k']) {
    await notes.focus()
    await page.keyboard.press(key)
    await expect(box.input).toBeFocused()
  }
})

test('with shortcuts="off" the keys of the page are its own', async ({ box, page }) => {
  await box.open({ attributes: 'shortcuts="off"' })
  await page.keyboard.press('/')
  await expect(box.input).not.toBeFocused()
})

test('filters are reached with Tab, toggled with Space, and Esc leads back into the box', async ({ box, page }) => {
  await box.open({ attributes: 'filters="day"' })
  await box.ask('Health Analytics?')
  const monday = page.getByRole('button', { name: /Monday/ })
  for (let tabs = 0; tabs < 8 && !(await monday.evaluate((button) => button === document.activeElement)); tabs++)
    await page.keyboard.press('Tab')
  await expect(monday).toBeFocused()
  await page.keyboard.press('Space')
  await expect(monday).toHaveAttribute('aria-pressed', 'true')
  await expect(monday).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(box.input).toBeFocused()
})

test('leaving with Tab closes the panel', async ({ box, page }) => {
  await box.open()
  await box.ask('Health Analytics?')
  await page.getByRole('textbox', { name: 'Your notes' }).focus()
  await expect(box.panel).toBeHidden()
})

test('counts are announced live, and that meaning is loading is announced once', async ({ box, page }) => {
  const release = await hold(page, '**/weights.safetensors')
  await box.open()
  await box.ask('dashboards', 'lexical')
  await expect(box.status).toContainText(/results?\b.*Keyword results for now\. Smart search is loading\.$/)
  await box.ask('hospital', 'lexical')
  await expect(box.status).toHaveText(/result/)
  await expect(box.status).not.toContainText('is loading')
  await expect(box.panel).toContainText(/Smart search is loading: \d+ of \d+\s?MB/)
  release()
  await expect(box.panel).not.toContainText('is loading')
})

test('what is found for half a word is told to nobody who types on', async ({ box, page }) => {
  await box.open()
  await box.ask('dash')
  const said = await page.evaluate(async () => {
    const [status, input] = ['.inkling-status', 'input[type=search]'].map((part) => document.querySelector(part)!)
    const said: string[] = []
    new MutationObserver(() => said.push(status!.textContent)).observe(status!, { childList: true, subtree: true })
    const type = (value: string) => {
      Object.assign(input!, { value })
      input!.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }
    // The next letter comes when the answer is there, and then none for so long that it would have been told.
    const answered = (text: string) =>
      new Promise<void>((resolve) =>
        document.addEventListener('inkling-results', ({ detail }) => detail.query === text && resolve()),
      )
    type('dashb')
    await answered('dashb')
    type('dashboards')
    await answered('dashboards')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return said
  })
  expect(said).toHaveLength(1)
  expect(said[0]).toMatch(/result/)
})

test('an option that is marked is not taken away when meaning arrives', async ({ box, page }) => {
  const release = await hold(page, '**/weights.safetensors')
  await box.open()
  await box.ask('dashboards', 'lexical')
  const before = await box.options.allTextContents()
  await page.keyboard.press('ArrowDown')
  release()
  const again = page.getByRole('button', { name: 'Better answers are ready' })
  await expect(again).toBeVisible()
  expect(await box.options.allTextContents()).toEqual(before)
  await again.click()
  await expect(again).toHaveCount(0)
  await expect(box.input).toBeFocused()
})

test('from right to left the panel and its texts start at the right', async ({ box }) => {
  await box.open({ dir: 'rtl', attributes: 'filters="day"' })
  await box.ask('Health Analytics?')
  const panel = (await box.panel.boundingBox())!
  const input = (await box.page.locator('inkling-search').boundingBox())!
  expect(Math.round(panel.x + panel.width)).toBe(Math.round(input.x + input.width))
  const label = (await box.page.locator('.inkling-field').first().boundingBox())!
  expect(label.x).toBeGreaterThan(panel.x + panel.width / 2)
  // English titles, too: what is looked at is where their letters are.
  const gap = await box.options.first().evaluate((option) => {
    const range = document.createRange()
    range.selectNodeContents(option.querySelector('.inkling-title')!)
    return option.getBoundingClientRect().right - range.getBoundingClientRect().right
  })
  expect(gap).toBeLessThan(20)
  expect(await box.violations()).toEqual([])
})

for (const [page, theme, dark] of [
  ['light', '', false],
  ['dark', '', true],
  ['light', 'dark', true],
  ['dark', 'light', false],
] as const) {
  test(`on a ${page} page ${theme ? `with theme="${theme}"` : 'without a theme'} the element is ${dark ? 'dark' : 'light'}, in the dialog too, and can be read`, async ({
    box,
  }) => {
    await box.page.emulateMedia({ colorScheme: page })
    const colours = (selector: string) =>
      box.page
        .locator(selector)
        .evaluate((element) => ['backgroundColor', 'color'].map((name) => getComputedStyle(element)[name as 'color']))
    for (const form of ['', 'modal']) {
      await box.open({ attributes: `${form} ${theme && `theme="${theme}"`}` })
      await box.page.keyboard.press('/')
      await box.ask('Health Analytics?')
      const parts = form ? ['.inkling-panel', '.inkling-dialog'] : ['.inkling-panel']
      for (const part of parts)
        expect(await colours(part)).toEqual(
          dark ? ['rgb(23, 33, 44)', 'rgb(232, 237, 243)'] : ['rgb(255, 255, 255)', 'rgb(28, 39, 51)'],
        )
      expect(await box.violations()).toEqual([])
    }
  })
}

test('in forced colours the marked session and the chosen filter can be told from the others', async ({
  box,
  page,
}) => {
  await page.emulateMedia({ forcedColors: 'active' })
  await box.open({ attributes: 'filters="day" show="day"' })
  await box.ask('Health Analytics?')
  await page.getByRole('button', { name: /Monday/ }).click()
  await expect(box.options.locator('.inkling-facts')).toHaveText(['Monday', 'Monday', 'Monday'])
  await page.keyboard.press('ArrowDown')
  const outline = (n: number) => box.options.nth(n).evaluate((option) => getComputedStyle(option).outlineStyle)
  expect(await outline(0)).toBe('solid')
  expect(await outline(1)).toBe('none')
  const colour = (name: RegExp) =>
    page.getByRole('button', { name }).evaluate((button) => getComputedStyle(button).backgroundColor)
  expect(await colour(/Monday/)).not.toBe(await colour(/Tuesday/))
  expect(await box.violations()).toEqual([])
})

test('who prefers less motion sees none', async ({ box, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await box.open()
  await box.ask('Health Analytics?')
  expect(await box.panel.evaluate((panel) => getComputedStyle(panel).animationName)).toBe('none')
})
