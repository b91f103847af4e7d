import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import type { Page } from '@playwright/test'
import type { Mode } from 'inkling-search'
import { at } from '../../scripts/lib.mjs'
import { cli } from '../../scripts/site.mjs'
import { expect, openBlank, type Package, type Site, test } from './site.js'
import { TINY } from './tiny.js'

/** `() => unreachable`, exported as `a`. */
const TRAP = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 5, 1, 3, 0, 0, 11]

/** Has the glue of an encoder stop, like its module at a fault, at the second query and no other. */
function stopAtTheSecond(glue: Buffer): Buffer {
  const name = /(\w+) as Encoder\b/.exec(glue.toString())?.[1] ?? 'Encoder'
  const script = `{
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([${TRAP}])))
    const { encodeQuery } = ${name}.prototype
    let asked = 0
    ${name}.prototype.encodeQuery = function (text) { return ++asked === 2 ? exports.a() : encodeQuery.call(this, text) }
  }`
  return Buffer.concat([glue, Buffer.from(`\n${script}`)])
}

/** The bytes of files of the package as a host sends them. */
const compressed = (paths: string[]): number =>
  paths
    .map((path) => zlib.brotliCompressSync(fs.readFileSync(at('dist', path.slice('/inkling/'.length)))).length)
    .reduce((sum, size) => sum + size)

/** The module that knows other languages than English. */
const LANGUAGES = '/inkling/wasm/inkling-languages-simd128.wasm'

/** What drives the model, changes and builds. */
const LATER = '/inkling/later.js'

/** Serves an index of German texts at `/german/`. */
function serveGerman(site: Site): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-german-'))
  const documents = [
    { id: 'einheit', title: 'Die Einheit der Messung', text: 'Wie groß ein Meter ist, und wer das festlegt.' },
    { id: 'haus', title: 'Ein Haus am See', text: 'Von der Planung bis zum Einzug, mit allen Kosten.' },
  ]
  try {
    fs.writeFileSync(path.join(folder, 'texts.json'), JSON.stringify(documents))
    execFileSync(cli, ['index', 'texts.json', '--language', 'de', ...TINY, '--out', 'search'], {
      cwd: folder,
      stdio: 'ignore',
    })
    const search = path.join(folder, 'search')
    for (const name of fs.readdirSync(search, { recursive: true, encoding: 'utf8' })) {
      if (fs.statSync(path.join(search, name)).isDirectory()) continue
      const bytes = fs.readFileSync(path.join(search, name))
      site.routes[`/german/${name.replaceAll(path.sep, '/')}`] = (response) => void response.end(bytes)
    }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** What words answer to a question of the German index, or the code of the error that its load ends with. */
const askGerman = (page: Page, site: Site, text: string) =>
  page.evaluate(
    async ([url, text]) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      try {
        const search = await createSearch({ url: `${url}/german/`, model: 'ask' })
        const { hits } = await search.query(text, { mode: 'lexical', minScore: 0 })
        return hits.map(({ id, title, titleMatches }) => [id, ...titleMatches.map(([at, end]) => title.slice(at, end))])
      } catch (thrown) {
        return (thrown as { code?: string }).code
      }
    },
    [site.url, text] as const,
  )

test('an index in another language is searched with the module that knows the forms of its words', async ({
  page,
  site,
}) => {
  serveGerman(site)
  await openBlank(page, site)
  // Neither is the beginning of the other, nor a few typing errors away.
  expect(await askGerman(page, site, 'einheitlichen')).toEqual([['einheit', 'Einheit']])
  // A stop word of the language alone marks nothing beside other words.
  expect(await askGerman(page, site, 'die Häuser')).toEqual([['haus', 'Haus']])
  expect(site.requests).toContain(LANGUAGES)
})

test.describe('where the module for other languages does not come', () => {
  test.use({ complaintsAllowed: /Failed to load resource/ })

  test('an index in one of them is not opened, and one in English is', async ({ page, site }) => {
    serveGerman(site)
    site.routes[LANGUAGES] = (response) => void response.writeHead(404).end()
    await openBlank(page, site)
    expect(await askGerman(page, site, 'einheit')).toBe('network')
    const hits = await page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
      return (await search.query('Lindenthal', { mode: 'lexical' })).hits.length
    }, site.url)
    expect(hits).toBeGreaterThan(0)
  })
})

test.describe('where what drives the model does not come', () => {
  test.use({ complaintsAllowed: /Failed to load resource/ })

  test('the model says so, and words go on', async ({ page, site }) => {
    site.routes[LATER] = (response) => void response.writeHead(404).end()
    await openBlank(page, site)
    const outcome = await page.evaluate(async (url) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/` })
      const code = await search.modelReady.then(String, (thrown: { code?: string }) => thrown.code)
      const { hits, mode } = await search.query('Lindenthal')
      return { code, mode, hits: hits.length }
    }, site.url)
    expect(outcome).toEqual({ code: 'network', mode: 'lexical', hits: expect.any(Number) })
    expect(outcome.hits).toBeGreaterThan(0)
  })
})

test('an encoder that traps takes nothing along: that query and later ones are answered by words, and say so', async ({
  page,
  site,
}) => {
  site.alter = (path, body) => (/inkling-encoder-\w+\.js$/.test(path) ? stopAtTheSecond(body) : body)
  await openBlank(page, site)
  const outcome = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, cache: false })
    await search.modelReady
    const ask = async (mode: Mode) => {
      const { hits, mode: by } = await search.query('Health Analytics?', { mode })
      return { by, ids: hits.map(({ id }) => id) }
    }
    const whole = await ask('hybrid')
    const words = await ask('lexical')
    const first = await ask('hybrid')
    // What has broken is not asked again, even if it would answer.
    const second = await ask('hybrid')
    const semantic = await ask('semantic').then(String, ({ code }) => code)
    const similar = (await search.similar('gdpr-erase')).length
    return { whole, words, first, second, semantic, similar }
  }, site.url)
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
  expect(compressed(engine)).toBeLessThanOrEqual(130_500)
  await page.evaluate(() => (globalThis as unknown as { search: { loadModel(): Promise<void> } }).search.loadModel())
  expect(site.requests).toContain(LATER)
  expect(modules()).toEqual(['inkling-simd128.wasm', 'inkling-encoder-relaxed.wasm'])
  expect(compressed(site.requests.filter((path) => path.includes('/inkling-encoder-')))).toBeLessThanOrEqual(153_000)
})
