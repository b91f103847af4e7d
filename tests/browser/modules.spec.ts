import fs from 'node:fs'
import zlib from 'node:zlib'
import { at } from '../../scripts/lib.mjs'
import type { QueryEncoder } from '../../www/src/worker/glue.js'
import { expect, openBlank, test } from './site.js'

/** `() => unreachable`, exported as `a`. */
const TRAP = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 5, 1, 3, 0, 0, 11]

test('an encoder that traps takes nothing along: that query and later ones are answered by words, and say so', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const outcome = await page.evaluate(
    async ({ url, bytes }) => {
      const load = async (name: string) => {
        const glue = await import(`${url}/inkling/wasm/${name}.js`)
        await glue.default({
          module_or_path: await WebAssembly.compileStreaming(fetch(`${url}/inkling/wasm/${name}.wasm`)),
        })
        return glue
      }
      const [{ Search }, { Encoder }] = await Promise.all([load('inkling-simd128'), load('inkling-encoder-simd128')])
      const options = { cache: false }
      const search = await Search.load(`${url}/search/`, options, () => {})
      const pinned = await search.loadVectors(() => {})
      const encoder: QueryEncoder = await Encoder.load(`${url}/search/`, { ...options, pinned }, () => {})
      const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes))
      const trap = instance.exports.a as () => never
      const broken = { encode: false }
      await search.setEncoder({
        identity: () => encoder.identity(),
        isWord: (word: string) => encoder.isWord(word),
        prepare: async () => {},
        loadAllRows: () => trap(),
        encodeQuery: (text: string) => (broken.encode ? trap() : encoder.encodeQuery(text)),
        encodePassages: () => trap(),
      })
      const ask = async (mode: string) => {
        const { hits, mode: by } = await search.query('Health Analytics?', { mode })
        return { by, ids: hits.map(({ id }: { id: string }) => id) }
      }
      const whole = await ask('hybrid')
      const words = await ask('lexical')
      broken.encode = true
      const first = await ask('hybrid')
      // What has broken is not asked again, even if it would answer.
      broken.encode = false
      const second = await ask('hybrid')
      const semantic = await ask('semantic').then(String, ({ code }) => code)
      const similar = (await search.similar('gdpr-erase', {})).length
      return { whole, words, first, second, semantic, similar }
    },
    { url: site.url, bytes: TRAP },
  )
  expect(outcome.whole.by).toBe('hybrid')
  expect(outcome.words.ids.length).toBeGreaterThan(0)
  for (const answer of [outcome.words, outcome.first, outcome.second])
    expect(answer).toEqual({ by: 'lexical', ids: outcome.words.ids })
  expect(outcome).toMatchObject({ semantic: 'invalid-input', similar: 3 })
})

test('words answer with one module, which every browser loads, and the encoder comes with the model', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const modules = () => site.requests.filter((path) => path.endsWith('.wasm')).map((path) => path.replace(/.*\//, ''))
  await page.evaluate(async (url) => {
    const { createSearch } = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
    await search.query('Lindenthal')
    Object.assign(globalThis, { search })
  }, site.url)
  expect(modules()).toEqual(['inkling-simd128.wasm'])
  // What a visitor downloads and runs before the first answer.
  const engine = site.requests.filter((path) => /^\/inkling\/.*\.(js|wasm)$/.test(path))
  expect([...engine].sort()).toEqual(
    ['index.js', 'shared.js', 'wasm/inkling-simd128.js', 'wasm/inkling-simd128.wasm', 'worker.js'].map(
      (file) => `/inkling/${file}`,
    ),
  )
  const bytes = engine.map((path) => zlib.brotliCompressSync(fs.readFileSync(at('dist', path.slice(9)))).length)
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(216_000)
  await page.evaluate(() => (globalThis as unknown as { search: { loadModel(): Promise<void> } }).search.loadModel())
  expect(modules()).toEqual(['inkling-simd128.wasm', 'inkling-encoder-relaxed.wasm'])
})
