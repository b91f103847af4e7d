import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { cli, modelFolder, queryModelFolder, siteFolder } from '../../scripts/site.mjs'
import { expect, gradedQueries, openBlank, type Package, test } from './site.js'

const NEW = {
  id: 'bees',
  title: 'The Apiary Ledger',
  text: 'Counting honeybees at the entrance of a hive with a camera.',
}

/** The demo with an index whose vectors are cut into slices of a few passages. */
function slicedSite(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-slices-'))
  fs.cpSync(siteFolder, folder, { recursive: true })
  fs.rmSync(path.join(folder, 'search'), { recursive: true })
  const corpus = at('www', 'demo', 'corpus', 'sessions.json')
  const models = ['--model', modelFolder, '--query-model', queryModelFolder]
  const options = [...models, '--out', path.join(folder, 'search'), '--slice-passages', '60']
  execFileSync(cli, ['index', corpus, ...options])
  return folder
}

test('vectors in slices, scanned by workers of their own, give the answers of one file', async ({ page, site }) => {
  test.slow()
  const folder = slicedSite()
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
        for (const text of queries) hits.push((await search.query(text, { limit: 10 })).hits)
        for (const text of queries)
          hits.push(
            (await search.query(text, { limit: 10, mode: 'semantic', filters: { day: ['Tuesday'] }, minScore: 0 }))
              .hits,
          )
        hits.push(await search.similar('people-analytics', { limit: 5 }).catch(() => []))
        hits.push(await search.similar(hits[0]![0]!.id, { limit: 20 }))
        const passages = search.info.passages
        await search.add([NEW])
        await search.remove([hits[1]![0]!.id])
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
    const files = fs.readdirSync(path.join(folder, 'search', 'index')).filter((name) => name.startsWith('vectors'))
    expect(files.length).toBeGreaterThan(2)
    const [whole, sliced] = [await ask(site.url), await ask(other.url)]
    expect(sliced.hits).toEqual(whole.hits)
    expect(sliced.hits.flat().length).toBeGreaterThan(300)
    expect([sliced.passages, sliced.sums, whole.sums]).toEqual([whole.passages, true, true])
    // The manifest has the hashes of all files.
    expect(sliced.saved).toEqual(whole.saved)
    expect(whole.saved.map(([path]) => path)).toContain('manifest.json')
  } finally {
    await other.close()
    fs.rmSync(folder, { recursive: true })
  }
})

test.describe('with a slice that is missing', () => {
  test.use({ complaintsAllowed: /404/ })

  test('`modelReady` rejects with the code not-found, and words answer', async ({ page }) => {
    const folder = slicedSite()
    fs.rmSync(path.join(folder, 'search', 'index', 'vectors-001.safetensors'))
    const other = await serve(folder)
    try {
      await openBlank(page, other)
      const outcome = await page.evaluate(async (url) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const search = await createSearch({ url: `${url}/search/` })
        const code = ({ code }: Inkling.InklingError) => code
        const model = await search.modelReady.then(() => '', code)
        const { mode, hits } = await search.query('health analytics')
        search.dispose()
        return { model, mode, hits: hits.length }
      }, other.url)
      expect(outcome).toEqual({ model: 'not-found', mode: 'lexical', hits: 3 })
    } finally {
      await other.close()
      fs.rmSync(folder, { recursive: true })
    }
  })
})
