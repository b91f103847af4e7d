import { chromium } from '@playwright/test'
import type * as Inkling from 'inkling-search'
import { type EncoderPackage, expect, openBlank, test } from './site.js'

test('several workers give the vectors of one, with progress, and are gone afterwards', async ({ page, site }) => {
  await openBlank(page, site)
  let workers = 0
  page.on('worker', () => workers++)
  const { same, progress } = await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/search/model/` })
    const texts = Array.from(
      { length: 48 },
      (_, i) => `session ${i}: ${'how a clinic shares what it has learned '.repeat((i % 5) + 1)}`,
    )
    const progress: number[] = []
    const alone = await encoder.encode(texts, { workers: 1 })
    const together = await encoder.encode(texts, { workers: 3, onProgress: ({ done }) => progress.push(done) })
    return { same: together.every((vector, i) => vector.every((x, at) => x === alone[i]?.[at])), progress }
  }, site.url)
  expect(same).toBe(true)
  expect(progress).toEqual([8, 16, 24, 32, 40, 48])
  expect(workers).toBe(3)
  await expect.poll(() => page.workers().length).toBe(1)
})

test('the module is fetched once for all workers', async ({ page, site }) => {
  await openBlank(page, site)
  await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/search/model/` })
    await encoder.encode(
      Array.from({ length: 32 }, (_, i) => `text ${i}`),
      { workers: 2 },
    )
    encoder.dispose()
  }, site.url)
  expect(site.requests.filter((path) => path.endsWith('.wasm'))).toHaveLength(1)
})

test('a bulk that is cancelled ends its helpers and leaves the encoder usable', async ({ page, site }) => {
  await openBlank(page, site)
  const { code, length } = await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const encoder = await Encoder.load({ url: `${url}/search/model/` })
    const controller = new AbortController()
    const texts = Array.from({ length: 400 }, (_, i) => `${i} ${'what was learned at the clinic '.repeat(20)}`)
    const bulk = encoder.encode(texts, { workers: 2, signal: controller.signal, onProgress: () => controller.abort() })
    const code = await bulk.then(String, (error: Inkling.InklingError) => error.code)
    const [vector] = await encoder.encode(['still here'])
    return { code, length: vector?.length }
  }, site.url)
  expect(code).toBe('cancelled')
  expect(length).toBe(384)
  await expect.poll(() => page.workers().length).toBe(1)
})

test('where the whole dot of relaxed SIMD is slow, the one built from pairs is taken, and reported', async ({
  site,
}) => {
  test.skip(process.arch !== 'x64', 'the flag that takes the fast dot away is one of x64')
  const flags = ['--no-sandbox', '--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8']
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '', args: flags })
  try {
    const page = await browser.newPage()
    await openBlank(page, site)
    const kernel = await page.evaluate(async (url) => {
      const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const encoder = await Encoder.load({ url: `${url}/search/model/` })
      encoder.dispose()
      return encoder.info.kernel
    }, site.url)
    expect(kernel).toBe('relaxed-simd-pairs')
  } finally {
    await browser.close()
  }
})
