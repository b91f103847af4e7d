// `npm test -- --only engines`: the main ways through the site in Chromium, Firefox and WebKitGTK, as Debian has them.

import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { at, hashOf, say, unlessDone, which } from './lib.mjs'
import { canInstall, installDebian } from './setup.mjs'
import { singleFile } from './single.mjs'
import { siteFolder } from './site.mjs'

/** @typedef {import('../tests/engines/drivers.mjs').Engine['site']} Site */

const folder = at('build', 'engines')

/** The folder of a site. @param {Site} site */
export const siteOf = (site) => path.join(folder, site)

/** The page that is one file, as a site has it. @param {Site} site */
export const singleOf = (site) => path.join(folder, `${site}.html`)

/** A port that nobody listens on. @returns {Promise<number>} */
export function freePort() {
  const server = net.createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, 'localhost', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

/** The engines' packages, by a program that each brings. */
const PACKAGES = {
  'firefox-esr': ['firefox-esr'],
  WebKitWebDriver: ['webkit2gtk-driver'],
  'xvfb-run': ['xvfb', 'xauth'],
}

/** Installs the engines through apt where that is possible. What is still missing its tests say, and are skipped. */
export async function installEngines() {
  const missing = Object.entries(PACKAGES).flatMap(([program, names]) => (which(program) ? [] : names))
  if (missing.length === 0) return
  if (canInstall()) return installDebian('Firefox and WebKitGTK', missing)
  say(`engines are missing, and their tests are skipped: apt-get install ${missing.join(' ')}`)
}

/** What a test page says to the server that it came from, in the place of a driver that engines lack for lasting profiles. */
const VISIT = `import { createSearch } from './inkling/index.js'

const report = async () => {
  const search = await createSearch({ url: 'search/' })
  await search.modelReady
  const { mode, hits } = await search.query('Health Analytics?')
  const cache = await caches.open('inkling-1')
  // The first answer does not wait for what is kept.
  let weights
  while (!weights) weights = (await cache.keys()).find(({ url }) => url.includes('weights.safetensors'))
  const { byteLength } = await (await cache.match(weights)).arrayBuffer()
  const { files } = await (await fetch('search/manifest.json')).json()
  const kept = files.some(({ path, bytes }) => path.endsWith('weights.safetensors') && bytes === byteLength)
  return { mode, ids: hits.map(({ id }) => id), kept }
}
const said = await report().catch((error) => ({ error: String(error) }))
await fetch('/report/' + encodeURIComponent(JSON.stringify(said))).catch(() => {})
`

const page = (/** @type {string} */ head) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="favicon.svg"><title>A page</title>${head}</head><body></body></html>`

/** The sites that the engines are sent to: the demo with a few pages more, and the same for browsers without relaxed SIMD. */
async function buildSites() {
  await unlessDone({
    name: 'engines',
    inputs: hashOf(['build/demo', 'build/northlight.html', 'tests/browser/fixtures', 'scripts/engines.mjs']),
    outputs: ['as-it-is', 'baseline'].flatMap((site) => [
      `build/engines/${site}/visit.html`,
      `build/engines/${site}.html`,
    ]),
    work: async () => {
      fs.rmSync(folder, { recursive: true, force: true })
      for (const site of /** @type {const} */ (['as-it-is', 'baseline'])) {
        fs.cpSync(siteFolder, siteOf(site), { recursive: true })
        fs.copyFileSync(singleFile, singleOf(site))
        const fixture = (/** @type {string} */ name) =>
          fs.readFileSync(at('tests', 'browser', 'fixtures', name), 'utf8')
        const files = {
          'blank.html': page(''),
          'visit.html': page('<script type="module" src="visit.js"></script>'),
          'visit.js': VISIT,
          'page.html': fixture('page.html')
            .replace('{{lang}}', 'en')
            .replace('{{dir}}', 'ltr')
            .replace('{{attributes}}', ''),
          'page.css': fixture('page.css'),
        }
        for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(siteOf(site), name), text)
      }
      await withoutRelaxedSimd()
    },
  })
}

/**
 * Has all scripts of the baseline site take the browser for one without relaxed SIMD. No flag of Chromium takes those
 * instructions away, and Chromium is the engine that every build has.
 */
async function withoutRelaxedSimd() {
  // 253 128 2 is `i8x16.relaxed_swizzle`, which `www/src/simd.ts` tries.
  const refusing = '(bytes=>!bytes.join().includes("253,128,2")&&WebAssembly["validate"](bytes))('
  const names = fs
    .readdirSync(siteOf('baseline'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
  for (const file of [...names.map((name) => path.join(siteOf('baseline'), name)), singleOf('baseline')]) {
    const text = fs.readFileSync(file, 'utf8')
    if (text.includes('WebAssembly.validate('))
      fs.writeFileSync(file, text.replaceAll('WebAssembly.validate(', refusing))
  }
  const { writeServiceWorker } = await import(pathToFileURL(at('dist', 'write-service-worker.js')).href)
  writeServiceWorker(siteOf('baseline'), { indexing: true })
  const worker = path.join(siteOf('baseline'), 'service-worker.js')
  fs.writeFileSync(worker, fs.readFileSync(worker, 'utf8').replaceAll('WebAssembly.validate(', refusing))
}

/** What the layer needs beside the demo. */
export async function prepareEngines() {
  await installEngines()
  await buildSites()
}
