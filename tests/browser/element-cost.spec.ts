import fs from 'node:fs'
import zlib from 'node:zlib'
import type { Page } from '@playwright/test'
import { at } from '../../scripts/lib.mjs'
import { expect, type SearchBox, test } from './box.js'

/** The button that loads the model says how large it is. */
const OFFER = /^Turn on smart search \(\d+\sMB\)$/

const DATA = /search\/|index\.js|worker\.js|wasm|languages/

test('before the first interaction the element costs at most 12 KB, and nothing else is fetched', async ({
  box,
  page,
}) => {
  await box.open({ lang: 'de' })
  await page.waitForLoadState('networkidle')
  expect(box.requests.filter((path) => DATA.test(path))).toEqual([])
  const scripts = box.requests.filter((path) => path.endsWith('.js'))
  const bytes = scripts.map(
    (path) => zlib.brotliCompressSync(fs.readFileSync(at('dist', path.replace('/inkling/', '')))).length,
  )
  expect(scripts.sort()).toEqual(['/inkling/element-define.js', '/inkling/element.js'])
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(12_000)

  await box.input.focus()
  await expect.poll(() => box.requests).toContain('/search/model/weights.safetensors')
})

for (const [attributes, own] of [
  ['filters="day"', ['filters']],
  ['modal', ['modal']],
  ['results filters="day"', ['filters', 'results']],
] as const) {
  test(`what only some pages need is fetched by those: <inkling-search ${attributes}>`, async ({ box, page }) => {
    await box.open({ attributes })
    await page.waitForLoadState('networkidle')
    const parts = box.requests.filter((path) => /inkling\/(filters|modal|results)\.js$/.test(path)).sort()
    expect(parts).toEqual(own.map((name) => `/inkling/${name}.js`))
  })
}

test.describe('where a part does not come', () => {
  test.use({ complaintsAllowed: /Failed to load resource/ })

  test('a panel answers all the same', async ({ box, page }) => {
    await page.route(/inkling\/(filters|modal)\.js$/, (route) => route.abort())
    await box.open({ attributes: 'modal filters="day"' })
    await box.ask('Health Analytics?')
    await expect(box.panel.getByRole('option').first()).toContainText(/health/i)
  })
})

test('with preload the search is fetched before anybody asks', async ({ box, page }) => {
  await box.open({ attributes: 'preload' })
  await expect.poll(() => box.requests).toContain('/search/model/weights.safetensors')
  await expect(page.getByRole('combobox')).not.toBeFocused()
})

/** Makes the page believe that its visitor saves data. */
const saveData = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }))

test('who saves data is answered by words, and offered meaning with its size, which is then fetched once', async ({
  box,
  page,
}) => {
  await saveData(page)
  await box.open({ attributes: 'preload' })
  await box.ask('dashboards', 'lexical')
  await expect(box.panel).toContainText('Keyword results.')
  const offer = page.getByRole('button', { name: OFFER })
  await expect(offer).toBeVisible()
  expect(box.requests.filter((path) => path.includes('/model/'))).toEqual([])
  expect(await box.violations()).toEqual([])
  await offer.click()
  await box.ask('throwing away less unsold food')
  expect(box.requests.filter((path) => path.endsWith('weights.safetensors'))).toHaveLength(1)

  // A model that the browser holds costs nothing: nobody is asked for it again.
  await box.open()
  await box.ask('throwing away less unsold food')
  expect(box.requests.filter((path) => path.endsWith('weights.safetensors'))).toHaveLength(1)
})

for (const [name, connection] of [
  ['slow', { effectiveType: '3g' }],
  ['metered', { type: 'cellular', effectiveType: '4g' }],
] as const) {
  test(`on a ${name} connection the model waits too, unless the site says model="now"`, async ({ box, page }) => {
    await page.addInitScript((value) => Object.defineProperty(navigator, 'connection', { value }), connection)
    await box.open()
    await box.ask('dashboards', 'lexical')
    await expect(page.getByRole('button', { name: OFFER })).toBeVisible()
    expect(box.requests.filter((path) => path.includes('/model/'))).toEqual([])
    await box.open({ attributes: 'model="now"' })
    await box.ask('dashboards')
  })
}

test('with model="ask" every visitor is asked before the model is fetched, and offered the better answer when it is there', async ({
  box,
  page,
}) => {
  await box.open({ attributes: 'model="ask"' })
  await box.ask('throwing away less unsold food', 'lexical')
  expect(box.requests.filter((path) => path.includes('/model/'))).toEqual([])
  const answered = page.evaluate(
    () => new Promise((resolve) => document.addEventListener('inkling-results', ({ detail }) => resolve(detail.mode))),
  )
  const before = await box.options.allTextContents()
  await page.keyboard.press('ArrowDown')
  await page.getByRole('button', { name: OFFER }).click()
  const better = page.getByRole('button', { name: 'Better answers are ready' })
  await expect(better).toBeVisible()
  expect(await box.options.allTextContents()).toEqual(before)
  await better.click()
  expect(await answered).toBe('hybrid')
  expect(box.requests.filter((path) => path.endsWith('weights.safetensors'))).toHaveLength(1)
})

test.describe('under a strict policy', () => {
  // The complaint that the test provokes, to see that the policy is in force.
  test.use({ complaintsAllowed: /TrustedScriptURL/ })

  test('it runs under a policy of its own origin with Trusted Types enforced, and that policy is enforced', async ({
    box,
    page,
  }) => {
    await box.open({ attributes: 'modal filters="day track" show="day"' })
    const workers: string[] = []
    page.on('worker', (worker) => workers.push(worker.url()))
    await page.keyboard.press('/')
    await box.ask('Health Analytics?')
    await expect(box.options).toHaveCount(3)
    expect(workers).toEqual([`${box.url}/inkling/worker.js`])
    expect(
      await page.evaluate(() => {
        try {
          new Worker('inkling/worker.js')
          return 'started'
        } catch (error) {
          return (error as Error).name
        }
      }),
    ).toBe('TypeError')
  })
})

test.describe('beside other entries of the package', () => {
  test.use({ complaintsAllowed: /Failed to load resource.*404|^inkling-search: .*not-found/ })

  test('the element, a search and a build share one page under that policy, and their errors are of one class', async ({
    box,
    page,
  }) => {
    await box.open()
    await box.ask('Health Analytics?')
    const { found, documents, errors } = await page.evaluate(async (url) => {
      const { createSearch, InklingError } = (await import(
        `${url}/inkling/index.js`
      )) as typeof import('inkling-search')
      const { buildIndex, InklingError: OfBuild } = (await import(
        `${url}/inkling/build.js`
      )) as typeof import('inkling-search/build')
      const search = await createSearch({ url: `${url}/search/` })
      const { found } = await search.query('health', { mode: 'lexical' })
      search.dispose()
      const options = { model: `${url}/search/model/` }
      const { documents } = await buildIndex([{ id: 'a', title: 'A talk', text: 'About something.' }], options)
      const ofBuild: unknown = await buildIndex([], options).catch((error: unknown) => error)
      const ofElement = new Promise<unknown>((resolve) =>
        document.addEventListener('inkling-error', ({ detail }) => resolve(detail)),
      )
      Object.assign(document.querySelector('inkling-search')!, { src: 'nowhere/' })
      const all = [ofBuild, await ofElement]
      const errors = all.map((error) =>
        error instanceof InklingError && error instanceof OfBuild ? error.code : `another class: ${error}`,
      )
      return { found, documents, errors }
    }, box.url)
    expect(found).toBeGreaterThan(3)
    expect(documents).toBe(1)
    expect(errors).toEqual(['empty-corpus', 'not-found'])
  })
})

test.describe('when something fails', () => {
  test.use({ complaintsAllowed: /Failed to load resource|404|^inkling-search: / })

  test('words go on when the model fails, the page is told, and trying again brings meaning', async ({ box, page }) => {
    box.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, 1000) : body)
    await box.open()
    const code = page.evaluate(
      () =>
        new Promise((resolve) =>
          document.addEventListener('inkling-error', ({ detail }) => resolve(detail.code), { once: true }),
        ),
    )
    await box.ask('Health Analytics?', 'lexical')
    expect(await code).toMatch(/damaged-file|hash-mismatch|network/)
    await expect(box.panel).toContainText('Keyword results only: smart search could not be loaded.')
    await box.ask('dashboards', 'lexical')
    await expect(box.options).toHaveCount(3)
    box.alter = (_path, body) => body
    await page.getByRole('button', { name: 'Try again' }).click()
    await box.ask('throwing away less unsold food')
    await expect(box.panel).not.toContainText('Keyword results only')
  })

  test('a search that cannot be loaded says so in words, with what to do, and recovers', async ({ box, page }) => {
    await page.route('**/lexical.safetensors', (route) => route.abort())
    await box.open()
    await box.input.fill('health')
    await expect(box.panel).toContainText('The search could not be loaded.')
    await expect(box.panel).toContainText('Check your connection, then try again. (network)')
    await expect(box.status).toContainText('The search could not be loaded.')
    await page.unroute('**/lexical.safetensors')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(box.options).toHaveCount(3)
    await expect(box.input).toBeFocused()
  })
})

/** What the element holds on to, counted by the browser itself. */
async function held(
  box: SearchBox,
): Promise<{ listeners: number; workers: number; panels: number; attributes: string[] }> {
  const client = await box.page.context().newCDPSession(box.page)
  const { metrics } = await client
    .send('Performance.enable')
    .then(() => client.send('HeapProfiler.collectGarbage'))
    .then(() => client.send('Performance.getMetrics'))
  await client.detach()
  const listeners = metrics.find(({ name }) => name === 'JSEventListeners')?.value ?? -1
  const here = await box.page.evaluate(() => ({
    panels: document.querySelectorAll('.inkling-panel, .inkling-status, .inkling-dialog').length,
    attributes: document.querySelector('input')?.getAttributeNames() ?? [],
  }))
  return { listeners, workers: box.page.workers().length, ...here }
}

for (const attributes of ['', 'modal', 'filters="day"']) {
  test(`removed from the page nothing of it stays, and put back it works again: <inkling-search ${attributes}>`, async ({
    box,
    page,
  }) => {
    await box.open({ attributes })
    await page.evaluate(() =>
      Object.assign(globalThis, {
        element: document.querySelector('inkling-search'),
        parent: document.querySelector('header'),
      }),
    )
    const remove = () => page.evaluate(() => document.querySelector('inkling-search')!.remove())
    const insert = () =>
      page.evaluate(() =>
        (globalThis as never as { parent: HTMLElement; element: HTMLElement }).parent.append(
          (globalThis as never as { element: HTMLElement }).element,
        ),
      )
    await remove()
    const before = await held(box)
    expect(before).toMatchObject({ workers: 0, panels: 0 })
    for (let round = 0; round < 2; round++) {
      await insert()
      await page.keyboard.press('/')
      await box.ask('Health Analytics?')
      await expect(box.options).toHaveCount(3)
      expect(page.workers()).toHaveLength(1)
      await remove()
      await expect.poll(() => page.workers().length).toBe(0)
      expect((await held(box)).panels).toBe(0)
      // A collection may come before the last frame and timers let go of the nodes: what leaks stays however often is asked.
      await expect.poll(async () => (await held(box)).listeners).toBeLessThanOrEqual(before.listeners)
    }
    await insert()
    expect(await page.locator('input[name=q]').evaluate((input) => input.getAttributeNames())).toContain(
      'aria-haspopup',
    )
    await remove()
    const names = await page.evaluate(() =>
      (globalThis as never as { element: HTMLElement }).element.querySelector('input')!.getAttributeNames(),
    )
    expect(names.sort()).toEqual(['aria-label', 'name', 'placeholder', 'type'])
  })
}

test('a form that comes after the element, and a search that moves, are both picked up', async ({ box, page }) => {
  await box.open()
  await page.evaluate(() => {
    const form = document.querySelector('form')!
    const late = document.createElement('inkling-search')
    late.setAttribute('src', 'search/')
    document.querySelector('inkling-search')!.replaceWith(late)
    setTimeout(() => late.append(form), 50)
  })
  await expect(box.input).toBeVisible()
  await box.ask('Health Analytics?')
  await expect(box.options).toHaveCount(3)
})
