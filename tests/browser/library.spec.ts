import type * as Inkling from 'inkling-search'
import { type EncoderPackage, expect, openBlank, type Package, test } from './site.js'

test.beforeEach(({ page, site }) => openBlank(page, site))

test('dispose() ends the worker and rejects what is in flight', async ({ page, site }) => {
  const started = page.waitForEvent('worker')
  const answer = page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    await search.modelReady
    const code = (error: Inkling.InklingError) => error.code
    const inFlight = [
      search.query('health').then(String, code),
      search.similar('gdpr-erase').then(String, code),
      search.save().then(String, code),
    ]
    search.dispose()
    return Promise.all([...inFlight, search.query('health').then(String, code)])
  }, site.url)
  const ended = (await started).waitForEvent('close')
  expect(await answer).toEqual(Array(4).fill('cancelled'))
  await ended
  expect(page.workers()).toHaveLength(0)
})

test('a later query cancels an earlier one', async ({ page, site }) => {
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const texts = ['health', 'people', 'dashboards', 'fraud', 'privacy']
    const describe = (promise: Promise<Inkling.QueryResult>) =>
      promise.then(
        ({ hits }) => hits.length,
        ({ name, code }: Inkling.InklingError) => `${name} ${code}`,
      )
    const whileLoading = await Promise.all(texts.map((text) => describe(search.query(text, { limit: 2 }))))
    const whenReady = await Promise.all(texts.map((text) => describe(search.query(text, { limit: 2 }))))
    search.dispose()
    return { whileLoading, whenReady }
  }, site.url)
  const expected = [...Array.from({ length: 4 }, () => 'AbortError cancelled'), 2]
  expect(outcome).toEqual({ whileLoading: expected, whenReady: expected })
})

test('an abort signal cancels a query, a load, and a look for similar documents', async ({ page, site }) => {
  const codes = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const code = (error: Inkling.InklingError) => error.code
    const search = await createSearch({ url: `${url}/search/` })
    const controller = new AbortController()
    const query = search.query('health', { signal: controller.signal }).then(String, code)
    controller.abort()
    const load = createSearch({ url: `${url}/search/`, signal: AbortSignal.abort() }).then(String, code)
    const similar = search.similar('gdpr-erase', { signal: AbortSignal.abort() }).then(String, code)
    const results = [await query, await load, await similar, (await search.query('health')).hits.length]
    search.dispose()
    return results
  }, site.url)
  expect(codes).toEqual(['cancelled', 'cancelled', 'cancelled', 3])
  expect(page.workers().length).toBeLessThanOrEqual(1)
})

test('progress never goes back, and ends when everything is there', async ({ page, site }) => {
  const progress = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const seen: Inkling.Progress[] = []
    const search = await createSearch({ url: `${url}/search/`, cache: false, onProgress: (step) => seen.push(step) })
    seen.length = 0
    await search.modelReady
    search.dispose()
    return seen
  }, site.url)
  const downloads = progress.filter(({ stage }) => stage === 'download')
  expect(downloads.length).toBeGreaterThan(2)
  for (const [i, { loaded, total }] of downloads.entries()) {
    expect(loaded).toBeLessThanOrEqual(total)
    expect(loaded).toBeGreaterThanOrEqual(downloads[i - 1]?.loaded ?? 0)
  }
  expect(downloads.at(-1)?.loaded).toBe(downloads.at(-1)?.total)
  expect(downloads.at(-1)?.total).toBeGreaterThan(1e6)
})

test('an encoder gives unit vectors that are close when the meaning is', async ({ page, site }) => {
  const { info, norms, alike, unlike, progress } = await page.evaluate(async (url) => {
    const { Encoder, similarity }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/search/model/` })
    const texts = [
      'Hospitals are short of beds',
      'The clinic has no free places',
      'A recipe for plum cake',
      ...Array.from({ length: 17 }, (_, i) => `text ${i}`),
    ]
    const progress: number[] = []
    const vectors = await encoder.encode(texts, { onProgress: ({ done }) => progress.push(done) })
    encoder.dispose()
    const [beds, places, cake] = vectors as [Float32Array, Float32Array, Float32Array]
    return {
      info: encoder.info,
      norms: vectors.map((vector) => Math.sqrt(similarity.dot(vector, vector))),
      alike: similarity.cosine(beds, places),
      unlike: similarity.cosine(beds, cake),
      progress,
    }
  }, site.url)
  expect(info.dim).toBe(384)
  expect(info.kernel).toContain('relaxed')
  expect(norms).toHaveLength(20)
  for (const norm of norms) expect(norm).toBeCloseTo(1, 4)
  expect(alike).toBeGreaterThan(unlike + 0.2)
  expect(progress).toEqual([8, 16, 20])
})

test('what cannot be asked is refused with a code and a sentence', async ({ page, site }) => {
  const errors = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const refused = (promise: Promise<unknown>) =>
      promise.then(
        () => 'answered',
        ({ code, message }: Inkling.InklingError) => `${code}: ${message}`,
      )
    const answers = [
      await refused(search.query(7 as never)),
      await refused(search.query('health', { limit: 0 })),
      await refused(search.query('health', { mode: 'magic' as never })),
      await refused(search.query('health', { filters: { planet: ['Mars'] } })),
      await refused(search.query('health', { facets: ['planet'] })),
      await refused(search.similar('no-such-session')),
      await refused(search.add([{ id: 'x', title: 'x', fields: { draw: () => {} } }])),
      await refused(search.remove('gdpr-erase' as never)),
    ]
    search.dispose()
    return answers
  }, site.url)
  const codes = errors.map((error) => error.split(':')[0])
  expect(codes, errors.join('\n')).toEqual([
    ...Array(5).fill('invalid-input'),
    'not-found',
    'invalid-input',
    'invalid-input',
  ])
  expect(errors[3]).toContain('planet')
})
