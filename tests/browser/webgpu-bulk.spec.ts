/** When the GPU takes part without being asked for: never in an ordinary search, and with much to encode once it was judged. */
import type { Page } from '@playwright/test'
import type * as Build from 'inkling-search/build'
import { Asked } from './asked.js'
import { type EncoderPackage, expect, openBlank, type Package, type Site, sessions, test } from './site.js'
import { inject, LOOKS_REAL, serveTiny } from './tiny.js'

type BuildPackage = typeof Build

// The browser itself complains about what is injected here.
test.use({ complaintsAllowed: /WebGPU|GPU|adapter/i })

test.beforeEach(async ({ page, site }) => {
  await openBlank(page, site)
  await serveTiny(page)
})

/** What was fetched of the module for the GPU. */
const gpuModule = (site: Site) => site.requests.filter((path) => path.includes('inkling-gpu'))

const MANY = Array.from({ length: 40 }, (_, i) => `session ${i}: how a clinic shares what it has learned`)

/** Encodes many texts with the tiny model on its default and on the CPU, with the GPU decided on before or not. */
async function encodeMany(page: Page, site: Site, isDecided: boolean) {
  return page.evaluate(
    async ({ url, texts, isDecided }) => {
      const { Encoder, similarity }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const cpu = await Encoder.load({ url: `${url}/tiny/`, backend: 'cpu' })
      const encoder = await Encoder.load({ url: `${url}/tiny/` })
      if (isDecided) await encoder.decideBackend()
      const [theirs, ours] = [await cpu.encode(texts), await encoder.encode(texts)]
      const [[theirOne], [ourOne]] = [await cpu.encode(['Health data']), await encoder.encode(['Health data'])]
      const info = await encoder.decideBackend()
      for (const one of [cpu, encoder]) one.dispose()
      const same = (a: Float32Array, b: Float32Array) => a.every((x, at) => x === b[at])
      return {
        info,
        same: ours.every((vector, at) => same(vector, theirs[at]!)),
        sameQuery: same(ourOne!, theirOne!),
        lowest: Math.min(...ours.map((vector, at) => similarity.cosine(vector, theirs[at]!))),
        query: similarity.cosine(ourOne!, theirOne!),
      }
    },
    { url: site.url, texts: MANY, isDecided },
  )
}

test('an ordinary search never asks for the module of the GPU, and says when it would', async ({ page, site }) => {
  const { hits, info } = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    await search.modelReady
    const hits: number[] = []
    for (const text of ['Health Analytics?', 'how do I keep my best people from leaving?', 'GDPR'])
      hits.push((await search.query(text, { mode: 'semantic' })).hits.length)
    await search.similar('gdpr-erase')
    // Longer than a search waits before it takes it that there is nothing else to do.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    hits.push((await search.query('clinics')).hits.length)
    search.dispose()
    return { hits, info: search.info }
  }, site.url)
  for (const count of hits) expect(count).toBeGreaterThan(0)
  expect(info).toMatchObject({
    backend: 'cpu',
    bulk: 'cpu',
    adapter: null,
    why: 'the GPU is tried with many texts',
  })
  expect(gpuModule(site)).toEqual([])
})

test('few texts do not have the module of the GPU fetched', async ({ page, site }) => {
  const info = await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/tiny/` })
    for (let i = 0; i < 5; i++) await encoder.encode(['Health data', 'bread', 'C’est la vie'])
    encoder.dispose()
    return encoder.info
  }, site.url)
  expect(info).toMatchObject({ bulk: 'cpu', why: 'the GPU is tried with many texts' })
  expect(gpuModule(site)).toEqual([])
})

test('many texts have it fetched once, a GPU in software is refused before the model has come to it, and the vectors are those of the CPU', async ({
  page,
  site,
}) => {
  const { info, same, sameQuery } = await encodeMany(page, site, false)
  expect(gpuModule(site).filter((path) => path.endsWith('.wasm'))).toHaveLength(1)
  expect(info).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
  expect(info.why).toMatch(/swiftshader.*computes on the CPU/)
  expect({ same, sameQuery }).toEqual({ same: true, sameQuery: true })
})

for (const [what, script] of [
  ['the browser has no WebGPU', `Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined })`],
  ['there is no adapter', 'GPU.prototype.requestAdapter = async () => null'],
] as const) {
  test(`where ${what} many texts have nothing of the GPU fetched`, async ({ page, site }) => {
    inject(site, script)
    const { info, same } = await encodeMany(page, site, false)
    expect(gpuModule(site)).toEqual([])
    expect(info).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
    expect(info.why).toMatch(/no WebGPU|no GPU adapter/)
    expect(same).toBe(true)
  })
}

/** Has a measurement that is remembered say that the GPU was faster with some work. */
async function remember(page: Page, work: { query: boolean; bulk: boolean }): Promise<void> {
  await page.evaluate(async (work) => {
    const cache = await caches.open('inkling-1')
    const key = (await cache.keys()).find(({ url }) => url.includes('webgpu-verdict'))
    const verdict: object = await (await cache.match(key!))!.json()
    await cache.put(key!, new Response(JSON.stringify({ ...verdict, work })))
  }, work)
}

test('a GPU that was measured to be faster in bulk encodes many texts, and the CPU goes on with queries', async ({
  page,
  site,
}) => {
  inject(site, LOOKS_REAL)
  const measured = await encodeMany(page, site, true)
  expect(measured.info.why).toMatch(/^the CPU is faster, measured here/)
  expect(measured.same).toBe(true)
  await remember(page, { query: false, bulk: true })
  const judged = await encodeMany(page, site, true)
  expect(judged.info).toMatchObject({ backend: 'cpu', bulk: 'webgpu', adapter: 'acme one' })
  expect(judged.info.why).toMatch(/^the GPU is faster in bulk, measured here/)
  expect(judged.same).toBe(false)
  expect(judged.lowest).toBeGreaterThan(0.99)
  expect(judged.sameQuery).toBe(true)
})

test('a GPU that was measured to be faster with queries, too, encodes them', async ({ page, site }) => {
  inject(site, LOOKS_REAL)
  await encodeMany(page, site, true)
  await remember(page, { query: true, bulk: true })
  const { info, sameQuery, query } = await encodeMany(page, site, true)
  expect(info).toMatchObject({ backend: 'webgpu', bulk: 'webgpu' })
  expect(sameQuery).toBe(false)
  expect(query).toBeGreaterThan(0.99)
})

test('adding many documents has the module of the GPU fetched, and adding one does not', async ({ page, site }) => {
  const asked = new Asked()
  await asked.serve(page)
  const add = (count: number) =>
    page.evaluate(
      async ({ url, documents }) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/asked/` })
        await search.add(documents)
        const { hits } = await search.query(documents[0]!.title)
        search.dispose()
        return { first: hits[0]?.id, info: search.info }
      },
      { url: site.url, documents: added.slice(0, count) },
    )
  const added = sessions.slice(20, 60).map(({ id, title, abstract }) => ({ id, title, text: abstract }))
  expect(await add(1)).toMatchObject({ first: added[0]!.id, info: { bulk: 'cpu' } })
  expect(gpuModule(site)).toEqual([])
  const { first, info } = await add(40)
  asked.remove()
  expect(first).toBe(added[0]!.id)
  expect(gpuModule(site).filter((path) => path.endsWith('.wasm'))).toHaveLength(1)
  expect(info).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
  expect(info.why).toMatch(/^the GPU is tried .*; documents: .*swiftshader/)
})

test('a GPU encodes the documents that are added by many at once, and what is added is found', async ({
  page,
  site,
}) => {
  const seen = await page.evaluate(
    async ({ url, documents }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const { buildIndex }: BuildPackage = await import(`${url}/inkling/build.js`)
      const { files } = await buildIndex(documents.slice(0, 2), { model: `${url}/tiny/` })
      const index = new Map(files.map(({ path, bytes }) => [path, bytes]))
      const search = await createSearch({ files: index, backend: 'webgpu' })
      const progress: number[] = []
      await search.add(documents.slice(2), { onProgress: ({ done }) => progress.push(done) })
      const { found } = await search.query('', { sort: 'title' }).catch(() => search.query('clinic', { minScore: 0 }))
      search.dispose()
      return { progress, found, info: search.info }
    },
    { url: site.url, documents: MANY.map((text, at) => ({ id: `${at}`, title: `Talk ${at}`, text })) },
  )
  expect(seen.progress).toEqual([32, 38])
  expect(seen.found).toBe(40)
  expect(seen.info).toMatchObject({ backend: 'webgpu', bulk: 'webgpu', why: 'asked for' })
})

test.describe('an index built in the browser', () => {
  const documents = sessions.slice(0, 60).map(({ id, title, abstract }) => ({ id, title, text: abstract }))

  /** Builds one, and says what computed and the hash of its manifest. */
  const build = (page: Page, url: string, model: string, options: Partial<Build.BuildOptions>) =>
    page.evaluate(
      async ({ url, model, documents, options }) => {
        const { buildIndex }: BuildPackage = await import(`${url}/inkling/build.js`)
        const { files, computed } = await buildIndex(documents, { ...options, model: `${url}${model}` })
        return { computed, manifest: new TextDecoder().decode(files.at(-1)?.bytes) }
      },
      { url, model, documents, options },
    )

  test('has nothing to do with a GPU unless its bytes may differ', async ({ page, site }) => {
    const { computed, manifest } = await build(page, site.url, '/search/model/', {})
    expect(computed).toEqual({ backend: 'cpu', bulk: 'cpu', adapter: null, why: 'the GPU was not asked for' })
    expect(gpuModule(site)).toEqual([])
    const other = await build(page, site.url, '/search/model/', { deterministic: false })
    expect(gpuModule(site).filter((path) => path.endsWith('.wasm'))).toHaveLength(1)
    expect(other.computed).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
    // A GPU in software counts as none.
    expect(other.manifest).toBe(manifest)
  })

  test('is encoded by the GPU where its bytes may differ, says so, and finds what the CPU’s finds', async ({
    page,
    site,
  }) => {
    const cpu = await build(page, site.url, '/tiny/', {})
    const gpu = await build(page, site.url, '/tiny/', { deterministic: false, backend: 'webgpu' })
    expect(gpu.computed).toMatchObject({ bulk: 'webgpu', why: 'asked for' })
    expect(gpu.manifest).not.toBe(cpu.manifest)
    const vectors = (manifest: string) =>
      (JSON.parse(manifest) as { files: { path: string; bytes: number }[] }).files.map(({ path, bytes }) => [
        path,
        bytes,
      ])
    expect(vectors(gpu.manifest)).toEqual(vectors(cpu.manifest))
  })

  test('is not promised to be the same bytes and computed by the GPU at once', async ({ page, site }) => {
    const code = await build(page, site.url, '/tiny/', { backend: 'webgpu' }).catch((error: Error) => error.message)
    expect(code).toContain('it needs deterministic: false')
  })
})
