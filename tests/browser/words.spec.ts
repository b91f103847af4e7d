import { Demo, expect, gradedQuery, holdWeights, openBlank, type Package, sessions, test } from './site.js'

test('words answer while the model is on its way, and the answer is refreshed when it is there', async ({
  page,
  site,
}) => {
  const release = await holdWeights(page)
  const demo = new Demo(page)
  await page.goto(site.url)
  const { query, relevant } = gradedQuery('q01')
  for (const id of await demo.ask(query, 'lexical')) expect(relevant[id], id).toBe(3)
  await expect(demo.status).toContainText(/Keyword results for now\. Smart search is loading: \d+ of \d+\sMB/)
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible()

  // Words alone cannot know this one: nobody in the programme says it so.
  const paraphrase = gradedQuery('q44')
  await demo.query.fill(paraphrase.query)
  await expect(page.locator(`#results[data-question="${paraphrase.query}"]`)).toHaveAttribute('data-mode', 'lexical')
  release()
  const found = await demo.answerTo(paraphrase.query)
  expect(
    found.filter((id) => relevantTo(paraphrase, id)),
    found.join(),
  ).not.toEqual([])
  await expect(page.getByRole('button', { name: 'Stop' })).toBeHidden()
  await expect(page.locator('#note')).toContainText('on this device')
})

const relevantTo = ({ relevant }: { relevant: Record<string, number> }, id: string) => (relevant[id] ?? 0) >= 2

test('words answer without a byte of the vectors, which come with the model or when they are asked for', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const asked = () => site.requests.filter((path) => /vectors|\/model\//.test(path))
  const hits = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
    Object.assign(globalThis, { search })
    return (await search.query('Lindenthal')).hits.map(({ passage }) => passage.text.length > 0)
  }, site.url)
  expect(hits).toEqual([true, true, true])
  expect(asked()).toEqual([])
  const similar = await page.evaluate(async () => {
    const { search } = globalThis as unknown as { search: Awaited<ReturnType<Package['createSearch']>> }
    return (await Promise.all([search.similar('gdpr-erase'), search.similar('gdpr-erase')])).map(({ length }) => length)
  })
  expect(similar).toEqual([3, 3])
  expect(asked()).toEqual(['/search/index/vectors.safetensors'])
})

test('the files that every search needs are on their way while the module is, and are asked for once', async ({
  page,
  site,
}) => {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/inkling-simd128.wasm', async (route) => {
    await released
    await route.continue()
  })
  await openBlank(page, site)
  const before = site.requests.length
  const asked = () => site.requests.slice(before).filter((path) => path.startsWith('/search/'))
  const hits = page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
    return (await search.query('Lindenthal')).hits.length
  }, site.url)
  const files = ['docs/000.json', 'index/lexical.safetensors', 'index/passages.safetensors', 'manifest.json']
  await expect.poll(() => asked().sort()).toEqual(files.map((file) => `/search/${file}`))
  release()
  expect(await hits).toBe(3)
  // The page reads the manifest, too, to tell how large the model is.
  expect(asked().filter((path) => !path.endsWith('/manifest.json'))).toHaveLength(files.length - 1)
})

test('query() does not wait for the model, and says what ranked its answer', async ({ page, site }) => {
  const release = await holdWeights(page)
  await openBlank(page, site)
  const before = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    Object.assign(globalThis, { search })
    const { hits, mode, timings } = await search.query('Lindenthal', { limit: 10 })
    return { ids: hits.map(({ id }) => id), mode, encode: timings.encode, maxTokens: search.info.maxTokens }
  }, site.url)
  const hers = sessions
    .filter(({ speakers }) => speakers.some((name) => name.includes('Lindenthal')))
    .map(({ id }) => id)
  expect(before).toMatchObject({ mode: 'lexical', encode: 0, maxTokens: 0 })
  expect(before.ids.slice(0, hers.length).sort()).toEqual(hers.sort())

  release()
  const after = await page.evaluate(async () => {
    const { search } = globalThis as unknown as { search: Awaited<ReturnType<Package['createSearch']>> }
    await search.modelReady
    const modes = []
    for (const mode of [undefined, 'hybrid', 'semantic', 'lexical'] as const)
      modes.push((await search.query('hospital', mode ? { mode } : {})).mode)
    return { modes, maxTokens: search.info.maxTokens }
  })
  expect(after).toEqual({ modes: ['hybrid', 'hybrid', 'semantic', 'lexical'], maxTokens: 256 })
})

test('a question typed just when the model arrives is the one that is answered', async ({ page, site }) => {
  const release = await holdWeights(page)
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=dashboards`)
  await demo.answerTo('dashboards', 'lexical')
  release()
  const last = await demo.ask('throwing away less unsold food')
  await page.waitForTimeout(500)
  expect((await demo.ids()).slice(0, last.length)).toEqual(last)
  await expect(page.locator('#results')).toHaveAttribute('data-question', 'throwing away less unsold food')
})

test('a visitor who is busy with the answer is asked before it changes', async ({ page, site }) => {
  const release = await holdWeights(page)
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=dashboards`)
  await demo.answerTo('dashboards', 'lexical')
  const byWords = await demo.ids()
  // An answer that has stood for a second is being read.
  await demo.query.press('ArrowDown')
  await page.waitForTimeout(1100)
  release()
  const again = page.getByRole('button', { name: 'Better answers are ready' })
  await expect(again).toBeVisible()
  expect(await demo.ids()).toEqual(byWords)
  await again.click()
  await demo.answerTo('dashboards')
})
