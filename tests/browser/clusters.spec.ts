import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import { serve } from '../../scripts/serve.mjs'
import { cli, modelFolder, queryModelFolder, siteFolder } from '../../scripts/site.mjs'
import { expect, gradedQueries, openBlank, type Package, sessions, test } from './site.js'

const NEW = {
  id: 'bees',
  title: 'The Apiary Ledger',
  text: 'Counting honeybees at the entrance of a hive with a camera.',
}

// One after the other, so that the index is built once and not by each worker.
test.describe.configure({ mode: 'default' })

let folder = ''

/** The demo with an index whose vectors are laid out by cluster. */
function clusteredSite(sessions: unknown[], ...options: string[]): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-clusters-'))
  fs.cpSync(siteFolder, folder, { recursive: true })
  fs.rmSync(path.join(folder, 'search'), { recursive: true })
  const corpus = path.join(folder, 'sessions.json')
  fs.writeFileSync(corpus, JSON.stringify(sessions))
  const models = ['--model', modelFolder, '--query-model', queryModelFolder]
  const out = ['--out', path.join(folder, 'search'), '--whole-passages', '60']
  execFileSync(cli, ['index', corpus, ...models, ...out, ...options])
  return folder
}

test.beforeAll(() => {
  folder = clusteredSite(sessions)
})

test.afterAll(() => fs.rmSync(folder, { recursive: true }))

/** Whether a request is for the vectors of a cluster. */
const isOfCluster = (path: string) => /\/index\/vectors\/\d+\/\d+\.bin$/.test(path)

test('a query fetches a part of the vectors and says so, and the rest comes when nothing else is to be done', async ({
  page,
}) => {
  test.slow()
  // Short passages of three programmes are more than a question looks at.
  const three = [1, 2, 3].flatMap((year) => sessions.map((session) => ({ ...session, id: `${session.id}-${year}` })))
  const folder = clusteredSite(three, '--passage-tokens', '16', '--overlap', '0')
  const requests = new Set<string>()
  const other = await serve(folder, { onRequest: (path) => requests.add(path) })
  const of = () => [...requests].filter(isOfCluster).length
  const names = fs.readdirSync(path.join(folder, 'search', 'index', 'vectors'), { recursive: true }).map(String)
  const all = names.filter((name) => name.endsWith('.bin')).length
  try {
    await openBlank(page, other)
    const ask = async () =>
      page.evaluate(async (url) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const kept = globalThis as unknown as { search: Inkling.Search }
        kept.search ??= await createSearch({ url: `${url}/search/` })
        await kept.search.modelReady
        const { hits, mode, partial } = await kept.search.query('throwing away less unsold food', { limit: 10 })
        return { hits, mode, partial }
      }, other.url)
    const first = await ask()
    expect(first).toMatchObject({ mode: 'hybrid', partial: true })
    expect(first.hits.length).toBeGreaterThan(0)
    expect(of()).toBeGreaterThan(0)
    expect(of()).toBeLessThan(all)
    await expect.poll(of, { timeout: 30_000 }).toBe(all)
    await expect.poll(async () => (await ask()).partial).toBe(false)
    expect((await ask()).mode).toBe('hybrid')
  } finally {
    await other.close()
    fs.rmSync(folder, { recursive: true })
  }
})

test('vectors by cluster give the answers of one file once all have come, and change and are saved like it', async ({
  page,
  site,
}) => {
  test.slow()
  const other = await serve(folder)
  const ask = async (url: string) => {
    await openBlank(page, { url })
    return page.evaluate(
      async ({ url, queries, NEW }) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const progress: Inkling.Progress[] = []
        const search = await createSearch({ url: `${url}/search/`, onProgress: (step) => progress.push(step) })
        await search.modelReady
        const hits: Inkling.Hit[][] = []
        hits.push(await search.similar('people-analytics', { limit: 5 }).catch(() => []))
        for (const text of queries) hits.push((await search.query(text, { limit: 10 })).hits)
        for (const text of queries)
          hits.push(
            (await search.query(text, { limit: 10, mode: 'semantic', filters: { day: ['Tuesday'] }, minScore: 0 }))
              .hits,
          )
        hits.push(await search.similar(hits[1]![0]!.id, { limit: 20 }))
        const passages = search.info.passages
        await search.add([NEW])
        await search.remove([hits[2]![0]!.id])
        for (const text of [...queries.slice(0, 5), 'insects that make honey'])
          hits.push((await search.query(text, { limit: 10 })).hits)
        hits.push(await search.similar('bees', { limit: 20 }))
        const sums = progress.every(({ loaded, total }) => loaded <= total)
        const saved = (await search.save()).map(({ path, bytes }) => [
          path,
          path.endsWith('.json') ? new TextDecoder().decode(bytes) : bytes.length,
        ])
        search.dispose()
        return { hits, passages, sums, saved }
      },
      { url, queries: gradedQueries.slice(0, 20).map(({ query }) => query), NEW },
    )
  }
  try {
    const [whole, parted] = [await ask(site.url), await ask(other.url)]
    expect(parted.hits).toEqual(whole.hits)
    expect(parted.hits.flat().length).toBeGreaterThan(300)
    expect([parted.passages, parted.sums, whole.sums]).toEqual([whole.passages, true, true])
    // The manifest has the hashes of all files.
    expect(parted.saved).toEqual(whole.saved)
    expect(whole.saved.map(([path]) => path)).toContain('manifest.json')
  } finally {
    await other.close()
  }
})

test.describe('with files that are missing or altered', () => {
  test.use({ complaintsAllowed: /404/ })

  /** How a search answers whose site alters the bodies of some files, or has none where there is nothing. */
  async function outcome(
    page: Parameters<typeof openBlank>[0],
    alter: (path: string, body: Buffer) => Buffer | undefined,
  ) {
    const other = await serve(folder)
    try {
      await page.route(`${other.url}/search/index/**`, async (route) => {
        const path = new URL(route.request().url()).pathname
        const body = alter(path, fs.readFileSync(folder + path))
        await (body ? route.fulfill({ body }) : route.fulfill({ status: 404 }))
      })
      await openBlank(page, other)
      return await page.evaluate(async (url) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/search/`, cache: false })
        const code = ({ code }: Inkling.InklingError) => code
        const model = await search.modelReady.then(() => '', code)
        const { mode, hits, partial } = await search.query('health analytics')
        const similar = await search.similar('gdpr-erase').then(() => '', code)
        search.dispose()
        return { model, mode, hits: hits.length, partial, similar }
      }, other.url)
    } finally {
      await other.close()
    }
  }

  test('`modelReady` rejects where it is not told where the vectors are, and words answer', async ({ page }) => {
    const found = await outcome(page, (path, body) => (path.endsWith('clusters.safetensors') ? undefined : body))
    const code = 'not-found'
    expect(found).toEqual({ model: code, mode: 'lexical', hits: 3, partial: false, similar: code })
  })

  test('vectors that do not come, or are others, are left out of an answer that says so', async ({ page }) => {
    const flipped = (body: Buffer) => Buffer.from(body.map((byte) => byte ^ 1))
    for (const [code, alter] of [
      ['not-found', () => undefined],
      ['hash-mismatch', flipped],
    ] as const) {
      const found = await outcome(page, (path, body) => (isOfCluster(path) ? alter(body) : body))
      expect(found).toEqual({ model: '', mode: 'hybrid', hits: 3, partial: true, similar: code })
      await page.unrouteAll()
    }
  })
})
