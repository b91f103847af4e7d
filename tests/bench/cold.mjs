// Cold starts: from navigation to the first vector, with a fresh profile and again with its caches full. And what is
// fetched on the way.

import { say } from '../../scripts/lib.mjs'
import { open, withBrowser } from './browser.mjs'
import { COLD_PAGES, labelOf } from './engines.mjs'
import { serveBench } from './server.mjs'
import { timesOf } from './stats.mjs'

/** @import { Sent } from './server.mjs' */
/** @typedef {{ empty: import('./stats.mjs').Figures, full: import('./stats.mjs').Figures }} ColdTimes milliseconds */

/** Time for caches to be written before the next visit, in milliseconds: compiled code is stored when it has become hot. */
const SETTLE = 2000

/**
 * Visits each engine's page with fresh profiles: once with empty caches, once to fill what only a second visit fills, and
 * then some times with full caches.
 * @param {{ profiles: number, visits: number }} effort
 * @returns {Promise<{ times: Record<string, ColdTimes>, requests: Record<string, Sent[]> }>}
 */
export async function timeColdStarts({ profiles, visits }) {
  const server = await serveBench({ isolated: false })
  /** @type {Record<string, { empty: number[], full: number[] }>} */
  const samples = {}
  /** @type {Record<string, Sent[]>} */
  const requests = {}
  try {
    for (let profile = 0; profile < profiles; profile++) {
      for (const [name, address] of Object.entries(COLD_PAGES)) {
        await withBrowser([], async (context) => {
          // The browser's own start is not what is measured.
          await (await open(context, `${server.url}/page/timing.html`)).close()
          server.sent.length = 0
          const { empty, full } = (samples[name] ??= { empty: [], full: [] })
          empty.push(await visitCold(context, server.url + address))
          requests[name] ??= [...server.sent]
          await visitCold(context, server.url + address)
          for (let i = 0; i < visits; i++) full.push(await visitCold(context, server.url + address))
        })
      }
      say(`cold starts: profile ${profile + 1} of ${profiles}`)
    }
  } finally {
    server.close()
  }
  const times = Object.fromEntries(
    Object.entries(samples).map(([name, { empty, full }]) => [name, { empty: timesOf(empty), full: timesOf(full) }]),
  )
  return { times, requests }
}

/** From navigation to the first vector, in ms. @param {import('@playwright/test').BrowserContext} context @param {string} url */
export async function visitCold(context, url) {
  const page = await open(context, url)
  const { milliseconds, length } = await page.evaluate(() => /** @type {any} */ (globalThis).firstVector)
  if (length !== 384) throw new Error(`${labelOf(url)} gave a vector of ${length} numbers`)
  await page.waitForTimeout(SETTLE)
  await page.close()
  return /** @type {number} */ (milliseconds)
}
