// The site that the engines visit, and what the specs ask of it and of the machine.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { siteOf } from '../../scripts/engines.mjs'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { cli, queryModelFolder } from '../../scripts/site.mjs'

/** @typedef {import('./drivers.mjs').Engine} Engine */
/** @typedef {import('./drivers.mjs').Page} Page */

/** How long a spec waits for what should come in a second or two. */
const PATIENCE_MS = 120_000

/** The address of this machine that others know it by: a page from there is not secure. */
export const ownAddress = Object.values(os.networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

/**
 * Serves the site of an engine on a port of its own, under every name of this machine.
 * @param {Engine} engine
 */
export async function open(engine) {
  /** @type {string[]} */
  const requests = []
  /** @type {(report: any) => void} */
  let hear = () => {}
  const server = await serve(siteOf(engine.site), {
    everywhere: true,
    onRequest: (path) => {
      requests.push(path)
      const [, report] = /^\/report\/(.*)$/.exec(path) ?? []
      if (report !== undefined) hear(JSON.parse(decodeURIComponent(report)))
    },
  })
  const host = engine.host ?? ownAddress
  return {
    url: server.url,
    /** The same under a name that browsers do not take for secure; undefined where this machine has none. */
    plainUrl: host && `http://${host}:${server.port}`,
    requests,
    /** What a page of the site reports next. */
    reported: () => new Promise((/** @type {(report: any) => void} */ resolve) => (hear = resolve)),
    close: server.close,
  }
}

/** @param {string} name */
const corpus = (name) => JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', name), 'utf8'))

/** The sessions that answer a question of the demo, graded 1 to 3. @param {string} question @returns {Record<string, number>} */
export const answersTo = (question) =>
  corpus('queries.json').find((/** @type {{ query: string }} */ { query }) => query === question).relevant

/** Twenty texts of every length: a model's vector of each is the same on every machine, bit for bit. */
export const texts = [
  ...corpus('queries.json')
    .slice(0, 10)
    .map((/** @type {{ query: string }} */ { query }) => query),
  ...corpus('sessions.json')
    .slice(0, 8)
    .map((/** @type {{ abstract: string }} */ { abstract }) => abstract.replaceAll('\n', ' ')),
  'Größe, naïveté, 健康データ and 42 €',
  '?',
]

/** Their vectors as the command line computes them: rows of f32, little-endian. */
export function nativeVectors() {
  const file = execFileSync(cli, ['encode', '--model', queryModelFolder, '--format', 'npy'], {
    input: texts.join('\n'),
    maxBuffer: 1 << 24,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  // https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: the header's length stands at byte 8.
  return file.subarray(10 + file.readUInt16LE(8))
}

/**
 * Asks a page again and again until it gives something.
 * @template {unknown[]} A
 * @template T
 * @param {Page} page @param {string} what @param {(...args: A) => T} work @param {A} args
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(page, what, work, ...args) {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const value = await page.evaluate(work, ...args)
    if (value) return /** @type {NonNullable<T>} */ (value)
    if (Date.now() > end) {
      const text = await page.evaluate(() => document.body.innerText)
      throw new Error(`${what}: not after ${PATIENCE_MS / 1000} s. The page says: ${text}`)
    }
    await sleep(100)
  }
}

/** What a promise gives, if it comes in time. @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
export function inTime(promise, what) {
  const late = sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${what}: not after ${PATIENCE_MS / 1000} s`)
  })
  return Promise.race([promise, late])
}
