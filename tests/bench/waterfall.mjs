// The first visit of the demo as the server sees it: which files are asked for and when, their bytes, and when words and meaning answer.

import fs from 'node:fs'
import zlib from 'node:zlib'
import { open, withBrowser } from './browser.mjs'
import { flagsFor } from './line.mjs'
import { COMPRESSED, serveBench } from './server.mjs'
import { slowDown } from './visits.mjs'

/** @typedef {'words' | 'hits' | 'meaning'} Answer words can answer, the first hits are shown, meaning has answered */
/** @typedef {{ path: string, raw: number, sent: number, at: number }} Step a file; `sent` as a host sends it, `at` in ms after the first */
/** @typedef {{ steps: Step[], answers: Record<Answer, { at: number, bytes: number }> }} Waterfall `bytes` of the files asked for before */

/** What the table calls them. @type {Record<Answer, string>} */
const MOMENTS = { words: 'words can answer', hits: 'the first hits', meaning: 'meaning has answered' }

/** What is asked as soon as the page has a box. */
const QUESTION = 'how do I keep my best people?'

/** An answer by words that is being read stays until its reader wants the one by meaning, which is there then. */
const BETTER = 'Better answers are ready'

/** Visits the demo with a fresh profile and asks it at once. @param {import('./visits.mjs').Conditions} [conditions] @returns {Promise<Waterfall>} */
export async function measureWaterfall({ line, slower } = {}) {
  const server = await serveBench({ isolated: false, ...(line && { line }) })
  try {
    return await withBrowser(flagsFor(line), async (context) => {
      const page = await open(context, 'about:blank')
      if (slower) await slowDown(page, slower)
      await page.addInitScript(watchAnswers, BETTER)
      await page.goto(`${server.url}/demo/`)
      await page.getByRole('searchbox').first().fill(QUESTION)
      // Where the line is so slow that the model waits to be asked for, it is asked for.
      const offer = page.getByRole('button', { name: 'Turn on smart search' })
      offer.click().catch(() => {})
      await page.waitForFunction(() => /** @type {any} */ (globalThis).answered?.meaning)
      /** @type {Record<Answer, number>} */
      const times = await page.evaluate(() => /** @type {any} */ (globalThis).answered)
      const start = server.sent[0]?.time ?? 0
      const steps = server.sent
        .filter(({ status, bytes }) => status === 200 && bytes > 0)
        .map(({ path: address, file, time }) => {
          const body = fs.readFileSync(file)
          const raw = body.length
          const sent = COMPRESSED.test(file) ? zlib.brotliCompressSync(body).length : raw
          return { path: address.replace(/^\/demo\//, '') || 'index.html', raw, sent, at: time - start }
        })
      const answer = (/** @type {Answer} */ kind) => {
        const at = times[kind] - start
        return { at, bytes: steps.filter((step) => step.at <= at).reduce((sum, { sent }) => sum + sent, 0) }
      }
      return { steps, answers: { words: answer('words'), hits: answer('hits'), meaning: answer('meaning') } }
    })
  } finally {
    server.close()
  }
}

/** In the page: notes when words can answer, and when meaning has. @param {string} better what the button says that offers its answer */
function watchAnswers(better) {
  /** @type {Partial<Record<Answer, number>>} */
  const answered = {}
  Object.assign(globalThis, { answered })
  document.addEventListener('inkling-ready', () => (answered.words ??= Date.now()))
  document.addEventListener('inkling-results', (event) => {
    const { query, mode } = /** @type {CustomEvent<{ query: string, mode: string }>} */ (event).detail
    // While nothing is asked the whole programme is listed.
    if (query === '') return
    answered.hits ??= Date.now()
    if (mode === 'hybrid') answered.meaning ??= Date.now()
  })
  const isOffered = () =>
    [...document.querySelectorAll('.inkling-action')].some(({ textContent }) => textContent === better)
  const observer = new MutationObserver(() => isOffered() && (answered.meaning ??= Date.now()))
  observer.observe(document, { childList: true, subtree: true })
}

/** The part of the report. @param {Waterfall} waterfall @returns {string[]} */
export function waterfallParts({ steps, answers }) {
  const kilobytes = (/** @type {number} */ bytes) => (bytes / 1e3).toFixed(1)
  const files = steps.map(({ path: file, raw, sent, at }) => ({ at, cells: [file, kilobytes(raw), kilobytes(sent)] }))
  const moments = Object.entries(answers).map(([kind, { at, bytes }]) => ({
    at,
    cells: [`**${MOMENTS[/** @type {Answer} */ (kind)]}**`, '', `**${kilobytes(bytes)}**`],
  }))
  const rows = [...files, ...moments].sort((a, b) => a.at - b.at).map(({ at, cells }) => [at.toFixed(0), ...cells])
  const all = steps.reduce((sum, { raw, sent }) => ({ raw: sum.raw + raw, sent: sum.sent + sent }), { raw: 0, sent: 0 })
  const lines = [
    ['asked for after ms', 'file', 'KB', 'KB as sent'],
    ['--:', '---', '--:', '--:'],
    ...rows,
    ['', 'all', kilobytes(all.raw), kilobytes(all.sent)],
  ]
  return [
    '## First visit of the demo, asked at once',
    'As sent: Brotli for what hosts compress by themselves (HTML, CSS, JavaScript, JSON, SVG, WebAssembly), all else as it is stored.',
    lines.map((row) => `| ${row.join(' | ')} |`).join('\n'),
  ]
}
