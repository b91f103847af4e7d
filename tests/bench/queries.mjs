// The encoder of queries that sites ship, beside the one that encodes their documents: cold start, time of a query, memory in the browser.

import fs from 'node:fs'
import { at, say } from '../../scripts/lib.mjs'
import { open, withBrowser } from './browser.mjs'
import { visitCold } from './cold.mjs'
import { serveBench } from './server.mjs'
import { timesOf } from './stats.mjs'

/** @import { Figures } from './stats.mjs' */
/** @typedef {{ empty: Figures, full: Figures, query: Figures, memory: number }} OfModel milliseconds, and bytes */
/** @typedef {Record<string, OfModel>} QueryEncoders */

/** Where the models are, as a site has them: rows of seldom words apart, where there are such. @type {Record<string, string>} */
const MODELS = {
  'what asks: the demo’s query encoder': '/demo/search/model/',
  'what encodes documents: exact': '/model/',
}

/** Queries until memory is read. */
const QUERIES = 1000

/** @param {{ profiles: number, visits: number, rounds: number }} effort @returns {Promise<QueryEncoders>} */
export async function measureQueryEncoders({ profiles, visits, rounds }) {
  /** @type {{ query: string }[]} */
  const graded = JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', 'queries.json'), 'utf8'))
  const items = graded.map(({ query }) => ({ text: query, ids: [] }))
  const cold = await coldStarts(profiles, visits)
  const warm = await timeQueries(items, rounds)
  /** @type {QueryEncoders} */
  const measured = {}
  for (const name of Object.keys(MODELS)) {
    const { empty, full } = cold[name] ?? { empty: [], full: [] }
    const { times, memory } = warm[name] ?? { times: [], memory: 0 }
    measured[name] = { empty: timesOf(empty), full: timesOf(full), query: timesOf(times), memory }
  }
  return measured
}

/** From navigation to the first vector. @param {number} profiles @param {number} visits with full caches, of each */
async function coldStarts(profiles, visits) {
  say('cold starts of the encoders of queries')
  /** @type {Record<string, { empty: number[], full: number[] }>} */
  const times = {}
  const server = await serveBench({ isolated: false })
  try {
    for (let profile = 0; profile < profiles; profile++) {
      for (const [name, folder] of Object.entries(MODELS)) {
        await withBrowser([], async (context) => {
          await (await open(context, `${server.url}/page/timing.html`)).close()
          const { empty, full } = (times[name] ??= { empty: [], full: [] })
          const address = `${server.url}/page/cold-inkling.html#${folder}`
          empty.push(await visitCold(context, address))
          // A visit fills what only a second one fills.
          await visitCold(context, address)
          for (let count = 0; count < visits; count++) full.push(await visitCold(context, address))
        })
      }
    }
  } finally {
    server.close()
  }
  return times
}

/** Both models on one page, in turns; memory is that of a worker which has one alone. @param {{ text: string, ids: number[] }[]} items @param {number} rounds */
async function timeQueries(items, rounds) {
  say('queries by the encoders of queries')
  const server = await serveBench({ isolated: true })
  const many = Array.from({ length: QUERIES }, (_, at) => items[at % items.length])
  try {
    return await withBrowser([], async (context) => {
      const page = await open(context, `${server.url}/page/timing.html`)
      await page.waitForFunction(() => 'bench' in globalThis)
      return page.evaluate(
        async ({ models, items, many, rounds }) => {
          const bench = /** @type {any} */ (globalThis).bench
          /** @type {Record<string, { times: number[], memory: number }>} */
          const found = {}
          for (const [name, url] of Object.entries(models)) {
            await bench.load(name, '/page/inkling.js', { variant: 'encoder-relaxed', url })
            // They warm up by it.
            await bench.call(name, 'time', many)
            found[name] = { times: [], memory: await bench.call(name, 'memory') }
          }
          for (let round = 0; round < rounds; round++)
            for (const [name, { times }] of Object.entries(found))
              times.push(...(await bench.call(name, 'time', items)))
          return found
        },
        { models: MODELS, items, many, rounds },
      )
    })
  } finally {
    server.close()
  }
}

/** The part of the report. @param {QueryEncoders} models @returns {string[]} */
export function queryParts(models) {
  const rows = Object.entries(models).map(([name, { empty, full, query, memory }]) => {
    const cells = [empty, full, query].map(({ median, best }) => `${median} (${best})`)
    return `| ${[name, ...cells, (memory / 1e6).toFixed(1)].join(' | ')} |`
  })
  return [
    '## The encoders of a site, median ms (best)',
    'Cold: from navigation to the first vector. A query: the demo’s graded ones, text to vector, in turns on one page.',
    [
      `| | cold, caches empty | caches full | a query | memory after ${QUERIES} queries, MB |`,
      '| --- | --: | --: | --: | --: |',
      ...rows,
    ].join('\n'),
  ]
}
