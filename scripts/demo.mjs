// `npm run demo`: from a fresh checkout to the demo in a browser. The first page is served as soon as what it needs is
// there; what other pages need is built behind it.

import fs from 'node:fs'
import path from 'node:path'
import { buildBundles, buildTypeScript } from './build.mjs'
import { variantsOf } from './cargo.mjs'
import { sideBySide } from './lanes.mjs'
import { patiently, Stop, say, script } from './lib.mjs'
import { serve } from './serve.mjs'
import { installWasmBindgen, installWasmTarget, setUp } from './setup.mjs'
import { buildCli, buildIndex, buildPage, compressSite, pullModel, siteFolder } from './site.mjs'
import { buildModule } from './wasm.mjs'

/** How many steps there are, and how many of them are done. */
const progress = { all: 0, done: 0 }

/** A step that says when it is done, how long it took and how many are left. @param {string} name @param {() => Promise<unknown>} work */
function step(name, work) {
  progress.all++
  return async () => {
    const start = Date.now()
    await work()
    progress.done++
    console.log(`✓ ${name}: ${((Date.now() - start) / 1000).toFixed(1)} s, ${progress.all - progress.done} steps left`)
  }
}

/** What stands in the place of a page whose module is being built; it opens the page as soon as that is there. */
const WAITING = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="3">
    <title>Being built</title>
    <link rel="icon" href="favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="style.css">
  </head>
  <body>
    <main>
      <section class="ask">
        <h1>Being built</h1>
        <p class="lead" role="status">The module that this page needs is still being built, which takes a minute or two. The page opens by itself.</p>
        <p><a href="./">Search the programme meanwhile</a></p>
      </section>
    </main>
  </body>
</html>
`

/** The pages without those whose module is not there yet. */
async function buildFirstPage() {
  await buildPage()
  await compressSite(siteFolder)
  fs.writeFileSync(path.join(siteFolder, 'build.html'), WAITING)
  // It would store what is not finished.
  fs.rmSync(path.join(siteFolder, 'service-worker.js'), { force: true })
}

/** @param {import('./cargo.mjs').Module} module */
const allVariants = (module) =>
  variantsOf(module).map((variant) => step(`${module}, ${variant}`, () => buildModule(module, variant)))

await script(async () => {
  const port = Number(process.env.PORT ?? 4173)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Stop(`PORT is ${process.env.PORT}: give a number from 1 to 65535`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
  // A busy port is better known now than after minutes of building.
  await (await serve(siteFolder, { port })).close()

  const native = [
    step('the command line', () => buildCli()),
    step('the model', pullModel),
    step('the index', buildIndex),
  ]
  const tool = step('wasm-bindgen', async () => {
    await installWasmTarget()
    await installWasmBindgen()
  })
  const modules = [[...allVariants('inkling')], ...allVariants('inkling-encoder').map((module) => [module])]
  const bundles = step('the TypeScript', buildBundles)
  const first = step('the first page', buildFirstPage)
  const others = [...allVariants('inkling-build'), ...allVariants('inkling-gpu')]
  const rest = step('the other pages', async () => {
    await buildTypeScript()
    await buildPage()
    await compressSite(siteFolder)
  })

  await setUp()
  // The model and the index follow the command line, so that goes first; modules then have the processor to themselves.
  await sideBySide([native, [tool, () => patiently(() => sideBySide(modules)), bundles]], { quiet: true })
  await first()
  const { url } = await serve(siteFolder, { port })
  say('the demo is ready; Ctrl-C ends it')
  console.log(url)
  await sideBySide(
    [0, 1].map((lane) => others.filter((_, at) => at % 2 === lane)),
    { quiet: true },
  )
  await rest()
  say('the page where visitors build an index of their own is ready, too')
})
