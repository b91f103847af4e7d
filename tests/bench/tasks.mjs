// The longest task of a page with the search box, from load to an answer by meaning, on a processor slowed down.

import fs from 'node:fs'
import path from 'node:path'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import { withBrowser } from './browser.mjs'
import { timesOf } from './stats.mjs'

/** How many times slower the processor is made. */
export const SLOWER = 6

/** The forms of the search box, and the attributes that make them. */
const FORMS = { 'over the form': '', modal: 'modal' }

/** A mark in the trace of a visit: in the task that has read the page and run its scripts, the element's among them. */
const PARSED = 'inkling-bench-parsed'

/**
 * What visits took, in ms: `longest` is the thread's work on the longest task, without the time that it waited for a
 * processor; `over50` the tasks that the page itself was told took over 50 ms, waiting included, of all visits.
 * @typedef {{ longest: import('./stats.mjs').Figures, over50: number[] }} Tasks
 */

/** A site of one page with the search box. @param {string} attributes */
function makeSite(attributes) {
  const folder = at('build', 'bench', 'tasks')
  fs.rmSync(folder, { recursive: true, force: true })
  fs.cpSync(at('dist'), path.join(folder, 'inkling'), { recursive: true })
  fs.cpSync(path.join(siteFolder, 'search'), path.join(folder, 'search'), { recursive: true })
  const fixtures = at('tests', 'browser', 'fixtures')
  /** @type {Record<string, string>} */
  const parts = { attributes: `${attributes} filters="day track" show="day"`, lang: 'en', dir: 'ltr' }
  const page = fs
    .readFileSync(path.join(fixtures, 'page.html'), 'utf8')
    .replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name] ?? '')
  fs.writeFileSync(path.join(folder, 'page.html'), page)
  fs.copyFileSync(path.join(fixtures, 'page.css'), path.join(folder, 'page.css'))
  return folder
}

/**
 * First visits, each with a profile of its own.
 * @param {number} visits
 * @returns {Promise<Record<string, Tasks>>}
 */
export async function measureTasks(visits) {
  /** @type {Record<string, Tasks>} */
  const tasks = {}
  for (const [form, attributes] of Object.entries(FORMS)) {
    const server = await serve(makeSite(attributes))
    const [longest, over50] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
    try {
      for (let count = 0; count < visits; count++) {
        const seen = await withBrowser([], (context) => visit(context, `${server.url}/page.html`))
        longest.push(seen.longest)
        over50.push(...seen.entries)
      }
    } finally {
      await server.close()
    }
    tasks[form] = { longest: timesOf(longest), over50 }
  }
  return tasks
}

/**
 * A visit from load to an answer by meaning. Only keys are used: a locator would bring scripts of its own.
 * @param {import('@playwright/test').BrowserContext} context @param {string} url
 */
async function visit(context, url) {
  const page = await context.newPage()
  const browser = context.browser()
  if (!browser) throw new Error('the browser has no trace')
  await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.addInitScript((parsed) => {
    /** @type {number[]} */
    const entries = []
    new PerformanceObserver((list) => entries.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
      buffered: true,
    })
    const answered = new Promise((resolve) =>
      document.addEventListener(
        'inkling-results',
        ({ detail }) => detail.mode === 'hybrid' && detail.query === 'health' && setTimeout(resolve, 300),
      ),
    )
    Object.assign(globalThis, { entries, answered })
    addEventListener('DOMContentLoaded', () => performance.mark(parsed))
  }, PARSED)
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', '-*'] })
  await page.goto(url)
  await page.keyboard.press('/')
  await page.keyboard.type('health', { delay: 80 })
  const entries = await page.evaluate(async () => {
    const { entries, answered } = /** @type {{ entries: number[], answered: Promise<void> }} */ (
      /** @type {unknown} */ (globalThis)
    )
    await answered
    return entries
  })
  return { longest: longestTask(await browser.stopTracing()), entries: entries.map(Math.round) }
}

/**
 * The longest task of the page's thread, in ms, from the one that ran the page's scripts on.
 * @param {Buffer} trace times in µs; `tdur` is the time that the thread worked, left out for next to none
 */
function longestTask(trace) {
  /** @type {{ name: string, pid: number, tid: number, ts: number, dur: number, tdur?: number }[]} */
  const events = JSON.parse(trace.toString()).traceEvents
  const parsed = events.find(({ name }) => name === PARSED)
  if (!parsed) throw new Error('the trace does not say when the page was read')
  const tasks = events.filter(
    ({ name, pid, tid, ts, dur }) =>
      name.endsWith('RunTask') && pid === parsed.pid && tid === parsed.tid && ts + dur >= parsed.ts,
  )
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000
}
