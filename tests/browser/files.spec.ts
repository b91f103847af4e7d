import { type EncoderPackage, expect, openBlank, type Package, test } from './site.js'

test('an index opens from bytes alone, with no address and no request, and answers by meaning', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const bytes = async (path: string) => new Uint8Array(await (await fetch(`${url}/search/${path}`)).arrayBuffer())
    const files = new Map([['manifest.json', await bytes('manifest.json')]])
    const manifest: { files: { path: string }[] } = JSON.parse(new TextDecoder().decode(files.get('manifest.json')))
    for (const { path } of manifest.files) files.set(path, await bytes(path))
    const search = await createSearch({ files })
    await search.modelReady
    const { hits, mode } = await search.query('keeping my best people from leaving')
    const saved = await search.save()
    search.dispose()
    const kept = (await (await caches.open('inkling-1')).keys()).length
    return {
      mode,
      ids: hits.map(({ id }) => id),
      kept,
      saved: saved.length,
      untouched: files.get('manifest.json')!.length > 0,
    }
  }, site.url)
  expect(outcome).toMatchObject({ mode: 'hybrid', kept: 0, untouched: true })
  const fetched = site.requests.filter((path) => path.startsWith('/search/'))
  expect(fetched, 'each file is fetched by the test, and none by the search').toEqual([...new Set(fetched)])
  expect(outcome.ids).toHaveLength(3)
  expect(outcome.saved).toBeGreaterThan(3)
})

test('of an index from bytes, what is missing comes from the address, or is said to be missing where there is none', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const before = site.requests.length
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const manifest = new Uint8Array(await (await fetch(`${url}/search/manifest.json`)).arrayBuffer())
    const files = new Map([['manifest.json', manifest]])
    const code = ({ code, message }: { code: string; message: string }) => `${code}: ${message}`
    const nowhere = await createSearch({ files }).then(String, code)
    const damaged = await createSearch({ files: new Map([...files, ['index/lexical.safetensors', manifest]]) }).then(
      String,
      code,
    )
    const noBytes = await createSearch({ files: new Map([['manifest.json', 'text' as never]]) }).then(String, code)
    const noMap = await createSearch({ files: { 'manifest.json': manifest } as never }).then(String, code)
    const nothing = await createSearch({}).then(String, code)
    const search = await createSearch({ files, url: `${url}/search/` })
    const { hits } = await search.query('Health Analytics?')
    search.dispose()
    return { nowhere, damaged, noBytes, noMap, nothing, hits: hits.length }
  }, site.url)
  expect(outcome.nowhere).toMatch(/^not-found: index\/lexical.safetensors is not among/)
  expect(outcome.damaged).toMatch(/^hash-mismatch: /)
  expect(outcome.noBytes).toMatch(/^invalid-input: .*Uint8Array/)
  expect(outcome.noMap).toMatch(/^invalid-input: .*Map/)
  expect(outcome.nothing).toMatch(/^invalid-input: /)
  expect(outcome.hits).toBe(3)
  expect(site.requests.slice(before).filter((path) => path === '/search/manifest.json')).toHaveLength(1)
})

test('a kept file that was damaged, or is of another version, is fetched again; one that is whole is not', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const load = () =>
    page.evaluate(async (url) => {
      const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const encoder = await Encoder.load({ url: `${url}/search/model/` })
      const [vector] = await encoder.encode(['where do I hang my coat?'])
      const cache = await caches.open('inkling-1')
      const name = (await (await fetch(`${url}/search/model/config.json`)).json()).weights.sha256
      const key = `${url}/search/model/weights.safetensors?sha256=${name}`
      while (!(await cache.match(key))) await new Promise((resolve) => setTimeout(resolve, 20))
      encoder.dispose()
      return [...vector!]
    }, site.url)
  const change = (how: 'damage' | 'rename' | 'strip') =>
    page.evaluate(async (how) => {
      const cache = await caches.open('inkling-1')
      const request = (await cache.keys()).find(({ url }) => url.includes('weights.safetensors'))!
      const response = (await cache.match(request))!
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (how === 'damage') bytes[bytes.length >> 1]! ^= 1
      await cache.delete(request)
      const key = how === 'rename' ? request.url.replace(/.{64}$/, 'f'.repeat(64)) : request.url
      await cache.put(key, new Response(bytes, { headers: how === 'strip' ? {} : response.headers }))
      if (how === 'rename')
        await cache.put(
          key,
          new Response(bytes.slice(0, 1000), { headers: { 'x-inkling-stamp': `${'f'.repeat(64)} 0` } }),
        )
    }, how)
  const fetched = () => site.requests.filter((path) => path.endsWith('weights.safetensors')).length
  const vector = await load()
  expect(fetched()).toBe(1)
  expect(await load()).toEqual(vector)
  expect(fetched(), 'a second load needs no request').toBe(1)
  await change('strip')
  expect(await load()).toEqual(vector)
  expect(fetched(), 'without a stamp the hash decides').toBe(1)
  await change('damage')
  expect(await load()).toEqual(vector)
  expect(fetched()).toBe(2)
  await change('rename')
  expect(await load()).toEqual(vector)
  expect(fetched()).toBe(3)
})

test('what a browser has stored is looked at: an entry that lost its bytes on the way is dropped', async ({
  page,
  site,
}) => {
  // As WebKit did with a view of memory that has moved meanwhile: it stores nothing, and says that it went well.
  const forgetful = `{
    const { put } = Cache.prototype
    Cache.prototype.put = function (key, { headers }) { return put.call(this, key, new Response(new Uint8Array(0), { headers })) }
  }\n`
  site.alter = (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(forgetful), body]) : body)
  await openBlank(page, site)
  await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/search/model/` })
    await encoder.encode(['where do I hang my coat?'])
  }, site.url)
  const kept = () =>
    page.evaluate(async () =>
      (await (await caches.open('inkling-1')).keys()).map(({ url }) => url).filter((url) => url.includes('sha256=')),
    )
  await expect.poll(kept).toEqual([])
})
