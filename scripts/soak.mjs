// `npm run soak`: a search that is asked, changed and made anew for long, in the three engines, with the table of docs/reliability.md.
// The gate has a short form, tests/browser/soak.spec.ts. Needs the built demo: `npm test -- --only browser soak`.

import { at, say, script } from './lib.mjs'
import { serve } from './serve.mjs'
import { siteFolder } from './site.mjs'

/**
 * How much of each.
 * @typedef {object} Load
 * @property {number} queries one after the other
 * @property {number} together asked at once
 * @property {number} lives searches that are made, asked and disposed of
 * @property {number} documents added, ten at a time, while queries are asked
 */

/**
 * What came of it.
 * @typedef {object} Outcome
 * @property {number} answered of the queries in a row
 * @property {number} cancelled of those asked at once, each for a later one
 * @property {number} last how many hits the last of these has
 * @property {number} lived searches that answered before they were disposed of
 * @property {number} between queries that were answered while documents were added
 * @property {number} added documents that were found in the end
 * @property {number[]} wasm bytes of the modules' memories: after a hundred queries, after all, after the first documents, after all were
 *   added and removed
 * @property {number[]} milliseconds of the queries in a row
 */

/** Has the worker tell how much memory its modules have: to be put in front of its script. */
export const TELL_MEMORY = `{
  const memories = []
  const { instantiate } = WebAssembly
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate(...given)
    memories.push((made.instance ?? made).exports.memory)
    return made
  }
  const line = new BroadcastChannel('memory')
  line.onmessage = ({ data }) => data === 'ask' && line.postMessage(memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0))
}
`

/** What `npm run soak` asks for. @type {Load} */
const FULL = { queries: 10_000, together: 50, lives: 1000, documents: 5000 }

/**
 * Runs in the page.
 * @param {string} url of the site
 * @param {Load} load
 * @returns {Promise<Outcome>}
 */
export async function soak(url, { queries, together, lives, documents }) {
  const { createSearch } = await import(`${url}/inkling/index.js`)
  const open = () => createSearch({ url: `${url}/search/` })
  const line = new BroadcastChannel('memory')
  const memory = () =>
    new Promise((/** @type {(bytes: number) => void} */ resolve) => {
      line.onmessage = ({ data }) => typeof data === 'number' && resolve(data)
      line.postMessage('ask')
    })
  const words = [
    'health',
    'analytics',
    'dashboards',
    'privacy',
    'people',
    'maps',
    'hospital',
    'consent',
    'zzz',
    '"open data"',
  ]
  const question = (/** @type {number} */ at) =>
    `${words[at % words.length]} ${words[(at * 7 + 3) % words.length]} ${at % 3 ? '' : at}`
  const search = await open()
  await search.modelReady
  /** @type {number[]} */
  const wasm = []
  /** @type {number[]} */
  const milliseconds = []
  let answered = 0
  for (let at = 0; at < queries; at++) {
    const start = performance.now()
    const { mode } = await search.query(question(at))
    milliseconds.push(performance.now() - start)
    if (mode === 'hybrid') answered += 1
    if (at === 99) wasm.push(await memory())
  }
  wasm.push(await memory())
  const asked = Array.from({ length: together }, (_, at) => search.query(question(at)))
  const settled = await Promise.allSettled(asked)
  const cancelled = settled.filter((one) => one.status === 'rejected' && one.reason.code === 'cancelled').length
  const end = settled.at(-1)
  const last = end?.status === 'fulfilled' ? end.value.hits.length : -1
  // Adding, with queries meanwhile.
  let [adding, between] = [true, 0]
  const asking = (async () => {
    for (let at = 0; adding; at++) if ((await search.query(question(at))).found >= 0) between += 1
  })()
  const ids = Array.from({ length: documents }, (_, at) => `soak-${at}`)
  for (let from = 0; from < documents; from += 10) {
    const text = 'Quokkas that were added while others asked.'
    await search.add(ids.slice(from, from + 10).map((id) => ({ id, title: `Soaked ${id}`, text })))
    // What encodes documents has come with the first of them, and stays.
    if (from === 0) wasm.push(await memory())
  }
  adding = false
  await asking
  const added = (await search.query('quokkas', { mode: 'lexical' })).found
  await search.remove(ids)
  wasm.push(await memory())
  search.dispose()
  let lived = 0
  for (let at = 0; at < lives; at++) {
    const short = await createSearch({ url: `${url}/search/`, model: 'ask' })
    if ((await short.query('health')).hits.length > 0) lived += 1
    short.dispose()
  }
  line.close()
  return { answered, cancelled, last, lived, between, added, wasm, milliseconds }
}

/** @param {number[]} sorted @param {number} share */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** What is wrong with an outcome, a line each. @param {Outcome} outcome @param {Load} load */
function faults({ answered, cancelled, last, lived, added, wasm }, load) {
  const [first = 0, afterAll = 0] = wasm
  return [
    answered !== load.queries && `${load.queries - answered} queries were not answered by meaning`,
    (cancelled !== load.together - 1 || last < 1) && 'of queries asked at once not just the last was answered',
    lived !== load.lives && `${load.lives - lived} searches did not answer`,
    added !== load.documents && `${added} of ${load.documents} documents were found`,
    afterAll > first * 1.02 && `memory grew from ${first} to ${afterAll} bytes`,
  ].filter(Boolean)
}

/** @param {import('../tests/engines/drivers.mjs').Engine} engine @param {Load} load @returns {Promise<Outcome>} */
async function soakEngine(engine, load) {
  const server = await serve(siteFolder, {
    alter: (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(TELL_MEMORY), body]) : body),
    routes: { '/blank': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>') },
  })
  const page = await engine.open()
  try {
    await page.goto(`${server.url}/blank`)
    // Drivers give up on what takes longer than a minute or two: the page goes on by itself, and is looked at now and then.
    const start = `(url, load) => void (globalThis.soaked = (${soak})(url, load).catch((error) => String(error.message)))`
    await page.evaluate(/** @type {any} */ (start), server.url, load)
    for (;;) {
      const outcome = await page.evaluate(() => {
        const waited = new Promise((resolve) => setTimeout(resolve, 20_000))
        return Promise.race([/** @type {any} */ (globalThis).soaked, waited])
      })
      if (typeof outcome === 'string') throw new Error(`${engine.title}: ${outcome}`)
      if (outcome) return outcome
    }
  } finally {
    await page.close()
    await server.close()
  }
}

if (process.argv[1] === at('scripts', 'soak.mjs')) {
  await script(async () => {
    const share = Number(process.argv[2] ?? 1)
    const load = /** @type {Load} */ (
      Object.fromEntries(Object.entries(FULL).map(([name, count]) => [name, Math.max(1, Math.round(count * share))]))
    )
    load.queries = Math.max(load.queries, 200)
    const { chromium, firefox, webkit } = await import('../tests/engines/drivers.mjs')
    console.log(
      '| engine | queries | median ms | p99 ms | longest ms | wasm MB after 100 / all / first added / changes | searches made |',
    )
    console.log('|---|---|---|---|---|---|---|')
    for (const engine of [chromium, firefox, webkit]) {
      if (engine.absent) {
        say(`${engine.title}: ${engine.absent}`)
        continue
      }
      const outcome = await soakEngine(engine, load)
      const sorted = outcome.milliseconds.toSorted((a, b) => a - b)
      const times = [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)].map((one) => one.toFixed(1))
      const memory = outcome.wasm.map((bytes) => (bytes / 1e6).toFixed(1)).join(' / ')
      console.log(`| ${[engine.title, outcome.answered, ...times, memory, outcome.lived].join(' | ')} |`)
      for (const fault of faults(outcome, load)) {
        console.error(`${engine.title}: ${fault}`)
        process.exitCode = 1
      }
    }
  })
}
