// `npm run dev`: the demo while it is worked on. A save of TypeScript, styles or pages is in the browser at once; one of
// Rust when the modules that the page loads are built, as drafts.

import fs from 'node:fs'
import path from 'node:path'
import { bundlePackage } from './build.mjs'
import { at, Stop, say, script } from './lib.mjs'
import { serve } from './serve.mjs'
import { installWasmTarget, setUp } from './setup.mjs'
import { buildCli, buildIndex, pullModel, siteFolder, writePages } from './site.mjs'
import { buildDraft } from './wasm.mjs'

const folder = at('build', 'dev')
const packageFolder = path.join(folder, 'inkling')
const wasmFolder = path.join(packageFolder, 'wasm')

/** The script that every page gets: it loads the page anew when a build is done. */
const RELOAD = `const events = new EventSource('/dev/events')
events.addEventListener('message', () => location.reload())`

/** Pages that wait for the next build. @type {Set<import('node:http').ServerResponse>} */
const waiting = new Set()

/** @type {Record<string, (response: import('node:http').ServerResponse) => void>} */
const ROUTES = {
  '/dev/reload.js': (response) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(RELOAD),
  '/dev/events': (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).flushHeaders()
    waiting.add(response)
    response.on('close', () => waiting.delete(response))
  },
}

/** Modules that a page has asked for since the start: only these are built. @type {Map<string, Promise<void>>} */
const drafts = new Map()

/** Says what went wrong, and goes on: the next save may put it right. @param {string} what @param {() => Promise<unknown>} work */
async function attempt(what, work) {
  const start = Date.now()
  try {
    await work()
    say(`${what}: ${((Date.now() - start) / 1000).toFixed(1)} s`)
    return true
  } catch (error) {
    console.error(error instanceof Stop ? error.message : String(error))
    return false
  }
}

async function buildPages() {
  await bundlePackage(packageFolder)
  await writePages(folder)
}

/** Builds a module once somebody asks for it, and holds the answer back until it is there. @param {string} pathname */
async function onRequest(pathname) {
  const name = /^\/inkling\/wasm\/([\w-]+)\.(js|wasm)$/.exec(pathname)?.[1]
  if (!name) return
  if (!drafts.has(name)) drafts.set(name, draft(name))
  await drafts.get(name)
}

/** @param {string} name */
const draft = (name) => attempt(`draft of ${name}`, () => buildDraft(name, wasmFolder)).then(() => {})

/** Every page loads the script that loads it anew. @param {string} pathname @param {Buffer} body */
const alter = (pathname, body) =>
  /(\/|\.html)$/.test(pathname) ? Buffer.from(`${body}<script type="module" src="/dev/reload.js"></script>`) : body

/** Does work after saves below a folder, one at a time, and then loads the pages anew. @param {string} below @param {() => Promise<boolean>} work */
function afterSaves(below, work) {
  let [saved, busy] = [false, false]
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const go = async () => {
    if (busy) return
    busy = true
    while (saved) {
      saved = false
      if (await work()) for (const response of waiting) response.write('data: built\n\n')
    }
    busy = false
  }
  fs.watch(at(below), { recursive: true }, () => {
    saved = true
    // Editors write a file in several steps.
    clearTimeout(timer)
    timer = setTimeout(() => void go(), 50)
  })
}

/** Builds the modules in use anew; those that are asked for meanwhile wait. */
async function buildDrafts() {
  let built = true
  let before = Promise.resolve()
  for (const name of drafts.keys()) {
    const after = before.then(async () => {
      built = (await attempt(`draft of ${name}`, () => buildDraft(name, wasmFolder))) && built
    })
    drafts.set(name, after)
    before = after
  }
  await before
  return built
}

await script(async () => {
  const port = Number(process.env.PORT ?? 4173)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
  await setUp()
  await installWasmTarget()
  if (!fs.existsSync(path.join(siteFolder, 'search', 'manifest.json'))) {
    await buildCli()
    await pullModel()
    await buildIndex()
  }
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(wasmFolder, { recursive: true })
  fs.cpSync(path.join(siteFolder, 'search'), path.join(folder, 'search'), { recursive: true })
  if (!(await attempt('pages', buildPages))) throw new Stop('the pages do not build')
  const { url } = await serve(folder, { port, onRequest, alter, routes: ROUTES })
  afterSaves('www', () => attempt('pages', buildPages))
  afterSaves('src', buildDrafts)
  say('saves below www and src are built and loaded; Ctrl-C ends it')
  console.log(url)
})
