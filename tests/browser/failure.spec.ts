import { Demo, expect, gradedQuery, openBlank, type Package, test } from './site.js'

// Each failure is told to those who run the site.
test.use({ complaintsAllowed: /^inkling-search: / })

test('damaged weights are refused with the code hash-mismatch, and the search goes on by words and says so', async ({
  page,
  site,
}) => {
  site.alter = (path, body) => {
    if (path.endsWith('weights.safetensors')) body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1)
    return body
  }
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=${encodeURIComponent('Health Analytics?')}`)
  await expect(demo.failure).toContainText('hash-mismatch')
  await expect(demo.failure).toContainText('Keyword results only')
  const first = gradedQuery('q01')
  for (const id of await demo.answerTo(first.query, 'lexical')) expect(first.relevant[id]).toBe(3)
  expect(await demo.ask('Ngozi Achterberg analytics', 'lexical')).toContain('health-analytics-primer')
  await expect(page.locator('#note')).toContainText('by keywords only')
})

test('without a model `modelReady` rejects, and queries, similar sessions, removing and saving still work', async ({
  page,
  site,
}) => {
  site.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, 1000) : body)
  await openBlank(page, site)
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const code = ({ code }: { code: string }) => code
    const model = await search.modelReady.then(String, code)
    const { hits, mode } = await search.query('Health Analytics?')
    const byMeaning = await search.query('health', { mode: 'semantic' }).then(String, code)
    const added = await search.add([{ id: 'new', title: 'New' }]).then(String, code)
    const similar = await search.similar('gdpr-erase')
    const removed = await search.remove(['gdpr-erase', 'no-such-session'])
    const files = await search.save()
    search.dispose()
    return {
      model,
      mode,
      ids: hits.map(({ id }) => id),
      byMeaning,
      added,
      similar: similar.length,
      removed,
      files: files.map(({ path }) => path),
    }
  }, site.url)
  expect(outcome.model).toMatch(/hash-mismatch|damaged-file/)
  expect(outcome.byMeaning).toBe(outcome.model)
  expect(outcome.added).toBe(outcome.model)
  expect(outcome.mode).toBe('lexical')
  for (const id of outcome.ids) expect(gradedQuery('q01').relevant[id]).toBe(3)
  expect(outcome).toMatchObject({ similar: 3, removed: 1 })
  expect(outcome.files).toContain('manifest.json')
})

test('damaged vectors are refused with the code hash-mismatch, no model is fetched for them, and words answer', async ({
  page,
  site,
}) => {
  site.alter = (path, body) => {
    if (path.endsWith('vectors.safetensors')) body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1)
    return body
  }
  await openBlank(page, site)
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const code = ({ code }: { code: string }) => code
    const model = await search.modelReady.then(String, code)
    const { hits, mode } = await search.query('Health Analytics?')
    const outcome = {
      model,
      mode,
      ids: hits.map(({ id }) => id),
      similar: await search.similar('gdpr-erase').then(String, code),
      saved: await search.save().then(String, code),
      dim: search.info.dim,
    }
    search.dispose()
    return outcome
  }, site.url)
  const { ids, ...rest } = outcome
  expect(rest).toEqual({
    model: 'hash-mismatch',
    mode: 'lexical',
    similar: 'hash-mismatch',
    saved: 'hash-mismatch',
    dim: 384,
  })
  for (const id of ids) expect(gradedQuery('q01').relevant[id]).toBe(3)
  expect(site.requests.filter((path) => path.startsWith('/search/model/'))).toEqual([])
})

test('damaged weights are not kept: the next visit fetches them again and works', async ({ page, site }) => {
  const intact = site.alter
  site.alter = (path, body) =>
    path.endsWith('weights.safetensors')
      ? Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1)! ^ 255])])
      : body
  const demo = new Demo(page)
  await page.goto(site.url)
  await expect(demo.failure).toContainText('hash-mismatch')

  site.alter = intact
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(demo.failure).toHaveCount(0)
  await demo.waitUntilReady()
})

test('weights that are cut short are refused', async ({ page, site }) => {
  site.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, body.length >> 1) : body)
  await page.goto(site.url)
  await expect(new Demo(page).failure).toContainText(/hash-mismatch|damaged-file/)
})

test('a manifest that is not JSON is refused with the code damaged-file', async ({ page, site }) => {
  site.alter = (path, body) => (path.endsWith('manifest.json') ? Buffer.from('<!doctype html>') : body)
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=health`)
  await expect(demo.failure).toContainText('damaged-file')
  await expect(demo.cards).toHaveCount(0)
})

test.describe('on a site without search files', () => {
  // The browser itself reports the failed request in the console.
  test.use({ complaintsAllowed: /404|^inkling-search: / })

  test('loading fails with the code not-found', async ({ page, site }) => {
    await page.goto(site.url)
    const error = await page.evaluate(async () => {
      const { createSearch } = await import(`${location.origin}/inkling/index.js`)
      return createSearch({ url: '/nowhere/' }).catch(({ name, code, message }: Record<string, unknown>) => ({
        name,
        code,
        message,
      }))
    })
    expect(error).toMatchObject({ name: 'InklingError', code: 'not-found' })
  })
})
