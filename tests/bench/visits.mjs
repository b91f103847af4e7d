// Visits of a page from which a search is opened: each by a browser of its own, if need be over a slow line and with a slow processor.

import { open, withBrowser } from './browser.mjs'
import { flagsFor } from './line.mjs'
import { serveBench } from './server.mjs'

/** @typedef {{ page: import('@playwright/test').Page, context: import('@playwright/test').BrowserContext, server: Awaited<ReturnType<typeof serveBench>> }} Visit */

/** How a visitor comes: `slower` is how many times slower the processor is made. @typedef {{ line?: import('./line.mjs').LineSpeed, slower?: number }} Conditions */

/**
 * Does something on a page that has nothing but what opens a search. What the page itself was sent is not in the server's log.
 * @template T
 * @param {Conditions} conditions
 * @param {(visit: Visit) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function visit({ line, slower }, work) {
  const server = await serveBench({ isolated: true, ...(line && { line }) })
  try {
    return await withBrowser(flagsFor(line), async (context) => {
      const page = await searchPage(context, server.url)
      if (slower) await slowDown(page, slower)
      server.sent.length = 0
      return await work({ page, context, server })
    })
  } finally {
    server.close()
  }
}

/** @param {import('@playwright/test').BrowserContext} context @param {string} url */
export async function searchPage(context, url) {
  const page = await open(context, `${url}/page/ranking.html`)
  await page.waitForFunction(() => 'ranking' in globalThis)
  return page
}

/** Makes the processor slower for a page. @param {import('@playwright/test').Page} page @param {number} rate */
export async function slowDown(page, rate) {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
}

/** The script of a search on the bench's page. @param {string} search */
const scriptOf = (search) => `/page/search-${search.split('-')[0]}.js`

/** Loads the script of a search, as a page does that has its box. @param {import('@playwright/test').Page} page @param {string} search */
export const loadScript = (page, search) =>
  page.evaluate(async (script) => void (await import(script)), scriptOf(search))

/**
 * Opens a search on the page and has it answer once; gives the milliseconds from its script to its first hits.
 * @param {import('@playwright/test').Page} page
 * @param {string} folder of its index
 * @param {string} search
 * @param {string} text
 * @returns {Promise<number>}
 */
export function openSearch(page, folder, search, text) {
  return page.evaluate(
    ({ script, base, search, text }) => /** @type {any} */ (globalThis).ranking.open(script, base, search, text),
    { script: scriptOf(search), base: `/ranking/${folder}/`, search, text },
  )
}

/** Asks one thing more. @param {import('@playwright/test').Page} page @param {string} text */
export const askNext = (page, text) =>
  page.evaluate(async (text) => void (await /** @type {any} */ (globalThis).ranking.next(text)), text)
