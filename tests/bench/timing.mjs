// Encoding, timed: all engines on one page of one browser, each in its own worker, turn by turn.

import { Stop, say } from '../../scripts/lib.mjs'
import { open, withBrowser } from './browser.mjs'
import { ENGINES, labelOf, RIVAL } from './engines.mjs'
import { serveBench } from './server.mjs'
import { cosine, ratesOf, round, timesOf } from './stats.mjs'
import { LENGTHS } from './texts.mjs'

/** @import { Figures } from './stats.mjs' */
/** @import { Item } from './texts.mjs' */
/** @typedef {(method: string, ...args: unknown[]) => Promise<any>} Ask calls the page's half */
/** @typedef {{ lengths: Record<number, Item[]>, bulk: Item[] }} Texts */
/** @typedef {{ rounds: number, bulkRounds: number, warmUps: number }} Effort */
/** @typedef {Record<string, Figures>} ByEngine milliseconds of each engine */

/**
 * @typedef {object} TimingRun
 * @property {string} name
 * @property {string[]} flags of the browser
 * @property {Record<string, { kernel: string }>} engines
 * @property {{ dot8: Figures, dot16: Figures }} peak GMAC/s
 * @property {{ worst: number, pairs: Record<string, number> }} agreement lowest cosines of the vectors of each two engines
 * @property {Record<number, ByEngine>} encode by number of tokens
 * @property {ByEngine | undefined} bulk 64 passages
 */

/** Below this cosine two engines do not compute the same thing, and comparing their speed would mean nothing. */
const SAME_VECTORS = 0.98

/** Items of one turn: short texts more often, so that a turn is long enough to matter. @param {number} tokens */
const itemsPerTurn = (tokens) => (tokens <= 16 ? 8 : tokens <= 64 ? 4 : 2)

/** Options of the package's own `encode` in the bulk; the pool of workers is chosen here. */
const PACKAGE_OPTIONS = {}

/**
 * One run of the timing in a browser of its own.
 * @param {{ name: string, flags: string[], engines: string[], texts: Texts, effort: Effort, bulk: boolean }} plan
 * @returns {Promise<TimingRun>}
 */
export async function timeEngines({ name, flags, engines, texts, effort, bulk }) {
  const server = await serveBench({ isolated: true })
  try {
    return await withBrowser(flags, async (context) => {
      const page = await open(context, `${server.url}/page/timing.html`)
      await page.waitForFunction(() => 'bench' in globalThis)
      /** @type {Ask} */
      const ask = (method, ...args) =>
        page.evaluate(({ method, args }) => /** @type {any} */ (globalThis).bench[method](...args), { method, args })
      const loaded = await load(ask, engines)
      await checkTokens(ask, engines, texts)
      const agreement = await checkVectors(ask, engines, texts)
      await warmUp(ask, engines, texts, effort)
      const { encode, peak } = await timeLengths(ask, engines, texts, effort)
      // The bulk is about these two; without either there is nothing to compare.
      const bulkTimes =
        bulk && engines.includes('inkling') && engines.includes(RIVAL)
          ? await timeBulk(ask, engines, texts.bulk, effort)
          : undefined
      return { name, flags, engines: loaded, peak, agreement, encode, bulk: bulkTimes }
    })
  } finally {
    server.close()
  }
}

/** @param {Ask} ask @param {string[]} engines */
async function load(ask, engines) {
  /** @type {Record<string, { kernel: string }>} */
  const loaded = {}
  for (const name of engines) {
    const { script, settings } = /** @type {import('./engines.mjs').EngineSpec} */ (ENGINES[name])
    const { kernel, maxTokens } = await ask('load', name, script, settings)
    if (maxTokens < Math.max(...LENGTHS))
      throw new Stop(`${labelOf(name)} reads ${maxTokens} tokens only: it would do less work than the others`)
    loaded[name] = { kernel }
    say(`${labelOf(name)} is loaded (${kernel})`)
  }
  await ask('load', 'peak', '/page/peak.js', {})
  return loaded
}

/**
 * Every engine that can say how it cuts a text into tokens must agree with the ids that candle is given.
 * @param {Ask} ask
 * @param {string[]} engines
 * @param {Texts} texts
 */
async function checkTokens(ask, engines, { lengths, bulk }) {
  const tokenizing = engines.filter((name) => ENGINES[name]?.script.includes('transformers'))
  const items = [...LENGTHS.map((tokens) => lengths[tokens]?.[0]), bulk[0]].filter((item) => item !== undefined)
  for (const name of tokenizing) {
    for (const { text, ids } of items) {
      const count = await ask('call', name, 'tokens', text)
      if (count !== ids.length)
        throw new Stop(`${labelOf(name)} makes ${count} tokens of a text of ${ids.length}: ${text.slice(0, 60)}…`)
    }
  }
}

/**
 * The lowest cosine between the vectors of each two engines; stops when they do not mean the same.
 * @param {Ask} ask
 * @param {string[]} engines
 * @param {Texts} texts
 */
async function checkVectors(ask, engines, { lengths }) {
  const items = LENGTHS.flatMap((tokens) => lengths[tokens]?.slice(0, 2) ?? [])
  /** @type {Record<string, number[][]>} */
  const vectors = {}
  for (const name of engines) vectors[name] = await ask('vectors', name, items)
  /** @type {Record<string, number>} */
  const pairs = {}
  for (const [i, a] of engines.entries()) {
    for (const b of engines.slice(i + 1)) {
      const lowest = Math.min(...items.map((_, item) => cosine(vectors[a]?.[item] ?? [], vectors[b]?.[item] ?? [])))
      if (!(lowest >= SAME_VECTORS)) {
        throw new Stop(
          `${labelOf(a)} and ${labelOf(b)} give different vectors: cosine ${lowest.toFixed(4)}, needed is ${SAME_VECTORS}`,
        )
      }
      pairs[`${a} ${b}`] = round(lowest)
    }
  }
  const worst = Math.min(...Object.values(pairs))
  say(`all engines give the same vectors: cosine at least ${worst.toFixed(4)}`)
  return { worst, pairs }
}

/**
 * Until V8's optimizing compiler has seen everything.
 * @param {Ask} ask
 * @param {string[]} engines
 * @param {Texts} texts
 * @param {Effort} effort
 */
async function warmUp(ask, engines, { lengths }, { warmUps }) {
  for (let pass = 0; pass < warmUps; pass++) {
    for (const tokens of LENGTHS) await ask('turns', engines, lengths[tokens])
  }
}

/**
 * Times of each length and engine, and the machine's peak between them.
 * @param {Ask} ask
 * @param {string[]} engines
 * @param {Texts} texts
 * @param {Effort} effort
 */
async function timeLengths(ask, engines, { lengths }, { rounds }) {
  /** @type {Record<string, number[]>} */
  const times = {}
  /** @type {{ dot8: number[], dot16: number[] }} */
  const peaks = { dot8: [], dot16: [] }
  for (let done = 0; done < rounds; done++) {
    const order = rotated(engines, done)
    for (const tokens of LENGTHS) {
      const items = rotated(lengths[tokens] ?? [], done * itemsPerTurn(tokens)).slice(0, itemsPerTurn(tokens))
      const turns = await ask('turns', order, items)
      for (const name of engines) (times[`${tokens} ${name}`] ??= []).push(...turns[name])
    }
    const peak = await ask('call', 'peak', 'peak')
    peaks.dot8.push(...peak.dot8)
    peaks.dot16.push(...peak.dot16)
    progress('round', done + 1, rounds)
  }
  const encode = Object.fromEntries(
    LENGTHS.map((tokens) => [
      tokens,
      Object.fromEntries(engines.map((name) => [name, timesOf(times[`${tokens} ${name}`] ?? [])])),
    ]),
  )
  return { encode, peak: { dot8: ratesOf(peaks.dot8), dot16: ratesOf(peaks.dot16) } }
}

/**
 * Every passage once, in each way that an engine has for many of them.
 * @param {Ask} ask
 * @param {string[]} engines
 * @param {Item[]} items
 * @param {Effort} effort
 */
async function timeBulk(ask, engines, items, { bulkRounds }) {
  const texts = items.map(({ text }) => text)
  const spec = /** @type {import('./engines.mjs').EngineSpec} */ (ENGINES.inkling)
  await ask('load', 'second', spec.script, spec.settings)
  /** @type {Record<string, () => Promise<number>>} */
  const ways = {
    inkling: () => ask('bulk', ['inkling'], items),
    inklingTwoWorkers: () => ask('bulk', ['inkling', 'second'], items),
    inklingPackage: () => ask('bulkPackage', texts, PACKAGE_OPTIONS),
    q8: () => ask('bulk', ['q8'], items),
    q8Batch: () => ask('bulkBatch', 'q8', items),
  }
  if (engines.includes('baseline')) ways.baseline = () => ask('bulk', ['baseline'], items)
  /** @type {Record<string, number[]>} */
  const times = {}
  // The first round warms up: the second worker and the batch have not been used before.
  for (let done = 0; done <= bulkRounds; done++) {
    for (const name of rotated(Object.keys(ways), done)) {
      const time = await ways[name]?.()
      if (done > 0 && time !== undefined) (times[name] ??= []).push(time)
    }
    progress('bulk', done, bulkRounds)
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, timesOf(values)]))
}

/** @template T @param {T[]} list @param {number} by */
const rotated = (list, by) => list.map((_, i) => /** @type {T} */ (list[(i + by) % list.length]))

/** @param {string} what @param {number} done @param {number} total */
function progress(what, done, total) {
  if (process.stdout.isTTY) process.stdout.write(`\r  ${what} ${done} of ${total} `)
  if (done === total) console.log(process.stdout.isTTY ? '' : `  ${what}: ${total} done`)
}
