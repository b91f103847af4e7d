import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import { Asked } from './asked.js'
import { expect, openBlank, type Package, test } from './site.js'

const BEES = {
  id: 'bees',
  title: 'The Apiary Ledger',
  url: 'https://example.org/bees',
  text: 'Counting honeybees at the entrance of a hive with a camera. A hundred colonies, one winter, and what the losses taught a beekeeper.',
  fields: { day: 'Wednesday', speakers: ['Wanda Quillfeather'] },
}

const QUERIES = [
  'Quillfeather',
  'insects that make honey',
  'Health Analytics?',
  'how do I keep my best people from leaving?',
  'GDPR',
  'dashboards -hospital',
]

test.describe('where a student encodes queries', () => {
  test.use({ complaintsAllowed: /404/ })
  let asked: Asked
  test.beforeEach(async ({ page, site }) => {
    asked = new Asked()
    await openBlank(page, site)
    await asked.serve(page)
  })
  test.afterEach(() => asked.remove())

  test('what encodes documents is fetched for the first that are added, once, and by no search', async ({
    page,
    site,
  }) => {
    const weights = () => asked.requests.filter((name) => name === 'model/documents/weights.safetensors').length
    await page.exposeFunction('weights', weights)
    const seen = await page.evaluate(
      async ({ url, BEES }) => {
        const { weights } = globalThis as unknown as { weights: () => Promise<number> }
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/asked/`, cache: false })
        await search.modelReady
        const { mode } = await search.query('insects that make honey')
        const counts = [await weights()]
        for (const id of ['one', 'two']) {
          await search.add([{ ...BEES, id }])
          counts.push(await weights())
        }
        const found = (await search.query('insects that make honey', { mode: 'semantic' })).hits.map(({ id }) => id)
        search.dispose()
        return { mode, counts, found: found.slice(0, 2).sort() }
      },
      { url: site.url, BEES },
    )
    expect(seen).toEqual({ mode: 'hybrid', counts: [0, 1, 1], found: ['one', 'two'] })
  })

  test('adding says that what encodes documents is missing, the search goes on, and adding works once it is there', async ({
    page,
    site,
  }) => {
    asked.servesDocumentsModel = false
    await page.exposeFunction('deploy', () => {
      asked.servesDocumentsModel = true
    })
    const seen = await page.evaluate(
      async ({ url, BEES }) => {
        const { deploy } = globalThis as unknown as { deploy: () => Promise<void> }
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/asked/`, cache: false })
        const failure = await search.add([BEES]).then(String, ({ code }: Inkling.InklingError) => code)
        const { mode } = await search.query('Health Analytics?')
        await deploy()
        await search.add([BEES])
        const found = (await search.query('honeybees hive')).hits[0]?.id
        search.dispose()
        return { failure, mode, found }
      },
      { url: site.url, BEES },
    )
    expect(seen).toEqual({ failure: 'not-found', mode: 'hybrid', found: 'bees' })
  })
})

test('what is added is found by its words and its meaning, and what is removed is gone', async ({ page, site }) => {
  await openBlank(page, site)
  const seen = await page.evaluate(
    async ({ url, BEES }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/` })
      const first = async (text: string, options?: Inkling.QueryOptions) =>
        (await search.query(text, options)).hits[0]?.id
      const steps: Inkling.Count[] = []
      const before = { documents: search.info.documents, name: await first('Quillfeather') }
      const { passages } = search.info
      await search.add([BEES, { id: 'plain', title: 'A plain title' }], { onProgress: (step) => steps.push(step) })
      const added = {
        documents: search.info.documents,
        passages: search.info.passages - passages,
        word: await first('Quillfeather'),
        meaning: await first('insects that make honey', { mode: 'semantic' }),
        filter: await first('', { filters: { day: ['Wednesday'] } }),
        hit: (await search.query('honeybees hive')).hits[0],
        similar: (await search.similar('bees')).length,
      }
      await search.add([{ ...BEES, title: 'The Second Ledger' }])
      const replaced = { documents: search.info.documents, title: (await search.query('Quillfeather')).hits[0]?.title }
      const twice = await search.add([BEES, BEES]).then(String, ({ code }: Inkling.InklingError) => code)
      const removed = await search.remove(['bees', 'gdpr-erase', 'no-such'])
      const { hits } = await search.query('Quillfeather honeybees hive', { limit: 200, minScore: 0 })
      const gone = {
        documents: search.info.documents,
        passages: search.info.passages - passages,
        ids: hits.map(({ id }) => id),
        gdpr: (await search.query('GDPR', { limit: 200 })).hits.map(({ id }) => id),
      }
      const similar = await search.similar('bees').then(String, ({ code }: Inkling.InklingError) => code)
      search.dispose()
      return { before, steps, added, replaced, twice, removed, gone, similar }
    },
    { url: site.url, BEES },
  )
  expect(seen.before).toEqual({ documents: 131 })
  expect(seen.steps).toEqual([
    { done: 1, total: 2 },
    { done: 2, total: 2 },
  ])
  expect(seen.added).toMatchObject({
    documents: 133,
    passages: 2,
    word: 'bees',
    meaning: 'bees',
    filter: 'bees',
    similar: 3,
  })
  expect(seen.added.hit).toMatchObject({ title: BEES.title, url: BEES.url, fields: BEES.fields })
  expect(seen.replaced).toEqual({ documents: 133, title: 'The Second Ledger' })
  expect(seen.twice).toBe('duplicate-id')
  expect(seen.removed).toBe(2)
  // One of a single passage came, and one such went.
  expect([seen.gone.documents, seen.gone.passages]).toEqual([131, 0])
  expect(seen.gone.ids).not.toContain('bees')
  expect(seen.gone.gdpr).not.toContain('gdpr-erase')
  expect(seen.similar).toBe('not-found')
})

test('queries are answered while many documents are being added', async ({ page, site }) => {
  await openBlank(page, site)
  const seen = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    await search.modelReady
    const documents = Array.from({ length: 40 }, (_, i) => ({
      id: `new-${i}`,
      title: `Zeppelin ${i}`,
      text: 'An airship above the lake. '.repeat(20),
    }))
    let done = 0
    const adding = search.add(documents, { onProgress: (step) => (done = step.done) })
    const answered: number[] = []
    const found: number[] = []
    while (done < 40) {
      found.push((await search.query('zeppelin airship', { limit: 50, mode: 'lexical' })).found)
      answered.push(done)
    }
    await adding
    const after = (await search.query('zeppelin airship', { limit: 50, mode: 'lexical' })).found
    search.dispose()
    return {
      between: new Set(answered.filter((at) => at < 40)).size,
      early: Math.max(...found.slice(0, -2)),
      last: after,
    }
  }, site.url)
  expect(seen.between).toBeGreaterThan(5)
  expect([seen.early, seen.last], 'all at once').toEqual([0, 40])
})

test('queries are answered while one long document is being added', async ({ page, site }) => {
  await openBlank(page, site)
  const { answered, found } = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    // What encodes documents has come then: queries that are answered on its way would count for nothing.
    await search.add([{ id: 'short', title: 'Balloon', text: 'A balloon.' }])
    let isAdded = false
    const text = 'An airship above the lake, and whoever waves to it. '.repeat(400)
    const adding = search.add([{ id: 'long', title: 'Zeppelin', text }]).then(() => (isAdded = true))
    let answered = -1
    for (; !isAdded; answered++) await search.query(answered % 2 ? 'Health Analytics?' : 'keeping my best people')
    await adding
    const { hits } = await search.query('zeppelin airship', { limit: 1 })
    search.dispose()
    return { answered, found: hits[0]?.id }
  }, site.url)
  // Were it encoded at a stretch, the first would be answered behind it.
  expect(answered).toBeGreaterThan(10)
  expect(found).toBe('long')
})

test('saved files, served by another site with the model, give the same answers, and saving is deterministic', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const { files, again, before } = await page.evaluate(
    async ({ url, BEES, QUERIES }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/` })
      await search.add([BEES, { id: 'passing', title: 'Only passing through' }])
      await search.remove(['gdpr-erase', 'passing'])
      const before: Inkling.Hit[][] = []
      for (const text of QUERIES) before.push((await search.query(text, { limit: 10 })).hits)
      const plain = async () => (await search.save()).map(({ path, bytes }) => ({ path, bytes: Array.from(bytes) }))
      const saved = { files: await plain(), again: await plain(), before }
      search.dispose()
      return saved
    },
    { url: site.url, BEES, QUERIES },
  )
  expect(again).toEqual(files)
  expect(files.map(({ path }) => path)).not.toContain('model/weights.safetensors')

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-saved-'))
  fs.cpSync(siteFolder, folder, { recursive: true })
  for (const part of ['manifest.json', 'docs', 'index'])
    fs.rmSync(path.join(folder, 'search', part), { recursive: true })
  for (const { path: name, bytes } of files) {
    const file = path.join(folder, 'search', name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, Buffer.from(bytes))
  }
  const other = await serve(folder)
  try {
    await openBlank(page, other)
    const after = await page.evaluate(
      async ({ url, QUERIES }) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/search/` })
        await search.modelReady
        const hits: Inkling.Hit[][] = []
        for (const text of QUERIES) hits.push((await search.query(text, { limit: 10 })).hits)
        search.dispose()
        return hits
      },
      { url: other.url, QUERIES },
    )
    expect(after).toEqual(before)
    expect(after[0]?.[0]?.id).toBe('bees')
    expect(after.flat().map(({ id }) => id)).not.toContain('gdpr-erase')
  } finally {
    await other.close()
    fs.rmSync(folder, { recursive: true })
  }
})

test('matches are UTF-16 offsets of the very words, with emoji, accents and Chinese around them', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const found = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const text =
      '👩‍🚀🚀 Zürich 日本語の検索 and a zeppelin 🎈🎈 – Zeppelins naïve, then 东京大学 and one more zeppelin.'
    await search.add([{ id: 'emoji', title: '🎈 Zeppelin 日本 über alles', text }])
    const cut = async (query: string) => {
      const hit = (await search.query(query)).hits.find(({ id }) => id === 'emoji')
      if (!hit) return undefined
      const words = (of: string, parts: Inkling.TextRange[]) => parts.map(([start, end]) => of.slice(start, end))
      return {
        body: words(hit.passage.text, hit.matches),
        title: words(hit.title, hit.titleMatches),
        passage: text.slice(hit.passage.start, hit.passage.end) === hit.passage.text,
      }
    }
    const results = {
      zeppelin: await cut('zeppelin'),
      zurich: await cut('zurich naive zeppelin'),
      japanese: await cut('検索'),
    }
    search.dispose()
    return results
  }, site.url)
  expect(found.zeppelin).toEqual({ body: ['zeppelin', 'Zeppelins', 'zeppelin'], title: ['Zeppelin'], passage: true })
  expect(found.zurich?.body).toEqual(['Zürich', 'zeppelin', 'Zeppelins', 'naïve', 'zeppelin'])
  expect(found.japanese?.body.join('')).toBe('検索')
})
