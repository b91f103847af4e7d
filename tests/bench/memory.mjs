// The memory of WebAssembly, which only grows, so that its size is also its peak.

import { open, withBrowser } from './browser.mjs'
import { ENGINES } from './engines.mjs'
import { serveBench } from './server.mjs'

/** @typedef {{ loaded: number, queries: number, passages: number }} MemoryUse bytes after loading, after 1,000 queries, after 256-token passages */

export const QUERIES = 1000

/**
 * Loads each engine alone in a page and asks it a thousand times.
 * @param {string[]} engines
 * @param {import('./timing.mjs').Texts} texts
 * @returns {Promise<Record<string, MemoryUse>>}
 */
export async function measureMemory(engines, { lengths }) {
  const short = [...(lengths[6] ?? []), ...(lengths[16] ?? [])]
  const queries = Array.from({ length: QUERIES }, (_, i) => short[i % short.length])
  const server = await serveBench({ isolated: true })
  /** @type {Record<string, MemoryUse>} */
  const use = {}
  try {
    for (const name of engines) {
      use[name] = await withBrowser([], async (context) => {
        const page = await open(context, `${server.url}/page/timing.html`)
        await page.waitForFunction(() => 'bench' in globalThis)
        const { script, settings } = /** @type {import('./engines.mjs').EngineSpec} */ (ENGINES[name])
        const [items, passages] = [queries, lengths[256]]
        return page.evaluate(
          async ({ name, script, settings, items, passages }) => {
            const bench = /** @type {any} */ (globalThis).bench
            await bench.load(name, script, settings)
            const loaded = await bench.call(name, 'memory')
            await bench.call(name, 'time', items)
            const queries = await bench.call(name, 'memory')
            await bench.call(name, 'time', passages)
            return { loaded, queries, passages: await bench.call(name, 'memory') }
          },
          { name, script, settings, items, passages },
        )
      })
    }
  } finally {
    server.close()
  }
  return use
}
