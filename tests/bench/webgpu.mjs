// Encoding on WebGPU, timed: on the machine's own adapter, or in software where it has none, which the results say.

import { say } from '../../scripts/lib.mjs'
import { open, withBrowser } from './browser.mjs'
import { GPU_ENGINES, labelOf } from './engines.mjs'
import { serveBench } from './server.mjs'
import { cosine, round, timesOf } from './stats.mjs'

/** @import { Figures } from './stats.mjs' */
/** @import { Item } from './texts.mjs' */

/**
 * @typedef {object} GpuRun
 * @property {string} adapter
 * @property {boolean} software whether the adapter computes on the CPU: then times say nothing about GPUs
 * @property {Record<string, Record<string, Figures | string>>} engines milliseconds by what was encoded, or why there are none
 * @property {number | undefined} agreement lowest cosine between the engines
 */

const REAL = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist']
const SOFTWARE = [...REAL, '--use-webgpu-adapter=swiftshader']

/** The name of the adapter that a page of this browser gets. @param {import('@playwright/test').Page} page @returns {Promise<string>} */
const adapterOf = (page) =>
  page.evaluate(async () => {
    const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter({ powerPreference: 'high-performance' })
    if (!adapter) return ''
    const { vendor, architecture, description } = adapter.info
    return [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed'
  })

/**
 * Times what engines do on WebGPU: one text of 16 and of 128 tokens, and a batch.
 * @param {{ texts: { lengths: Record<number, Item[]>, bulk: Item[] }, rounds: number }} plan
 * @returns {Promise<GpuRun | undefined>} nothing where the browser has no adapter at all
 */
export async function timeWebGpu({ texts, rounds }) {
  for (const flags of [REAL, SOFTWARE]) {
    const run = await timeIn(flags, texts, rounds)
    if (run) return run
  }
  say('this browser has no WebGPU adapter, not even in software')
  return undefined
}

/** @param {string[]} flags @param {{ lengths: Record<number, Item[]>, bulk: Item[] }} texts @param {number} rounds */
async function timeIn(flags, texts, rounds) {
  const server = await serveBench({ isolated: true })
  try {
    return await withBrowser(flags, async (context) => {
      const page = await open(context, `${server.url}/page/timing.html`)
      await page.waitForFunction(() => 'bench' in globalThis)
      const adapter = await adapterOf(page)
      if (!adapter) return undefined
      const software = /swiftshader|llvmpipe|lavapipe/i.test(adapter)
      say(`WebGPU on ${adapter}${software ? ', in software: its times say nothing about GPUs' : ''}`)
      // In software one round of few texts has to do.
      const items = { 16: texts.lengths[16] ?? [], 128: (texts.lengths[128] ?? []).slice(0, software ? 1 : 8) }
      const batch = texts.bulk.slice(0, software ? 4 : 64)
      /** @type {GpuRun['engines']} */
      const engines = {}
      /** @type {number[][][]} */
      const vectors = []
      for (const [name, { script, settings }] of Object.entries(GPU_ENGINES)) {
        try {
          engines[name] = await timeEngine(page, name, { script, settings }, items, batch, software ? 1 : rounds)
          vectors.push(await call(page, 'vectors', name, items[16].slice(0, 2)))
        } catch (error) {
          const [why = ''] = String(error).split('\n')
          engines[name] = { failed: why }
          say(`${labelOf(name)}: ${why}`)
        }
      }
      const [ours, theirs] = vectors
      const agreement = ours && theirs && round(Math.min(...ours.map((vector, i) => cosine(vector, theirs[i] ?? []))))
      return { adapter, software, engines, agreement }
    })
  } finally {
    server.close()
  }
}

/** Calls the page's half. @param {import('@playwright/test').Page} page @param {string} method @param {unknown[]} args @returns {Promise<any>} */
const call = (page, method, ...args) =>
  page.evaluate(({ method, args }) => /** @type {any} */ (globalThis).bench[method](...args), { method, args })

/**
 * @param {import('@playwright/test').Page} page
 * @param {string} name
 * @param {{ script: string, settings: Record<string, unknown> }} spec
 * @param {Record<number, Item[]>} items
 * @param {Item[]} batch
 * @param {number} rounds
 */
async function timeEngine(page, name, { script, settings }, items, batch, rounds) {
  const { backend, why } = await call(page, 'load', name, script, settings)
  if (backend === 'cpu') throw new Error(`it took the CPU: ${why}`)
  /** @type {Record<string, number[]>} */
  const times = {}
  // The first round warms up.
  for (let done = 0; done <= rounds; done++) {
    for (const [tokens, some] of Object.entries(items)) {
      const turn = await call(page, 'turns', [name], some)
      if (done > 0) (times[`${tokens} tokens`] ??= []).push(...turn[name])
    }
    const time = await call(page, 'bulkBatch', name, batch)
    if (done > 0) (times[`${batch.length} passages`] ??= []).push(time)
  }
  return Object.fromEntries(Object.entries(times).map(([what, values]) => [what, timesOf(values)]))
}
