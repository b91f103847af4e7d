// `npm run build:single`: the demo's programme as one HTML file, which opens from disk.

import path from 'node:path'
import { buildTypeScript } from './build.mjs'
import { at, root, run, script } from './lib.mjs'
import { setUp } from './setup.mjs'
import { buildCli, buildIndex, cli, pullModel } from './site.mjs'
import { buildTemplate } from './template.mjs'
import { buildWasm } from './wasm.mjs'

/** The finished file. */
export const singleFile = at('build', 'northlight.html')

/** Puts the demo's index into the page. Needs the command line and the index. */
export async function buildSingle() {
  await buildTemplate()
  const title = 'Northlight Analytics Summit'
  await run(cli, [
    'bundle',
    at('build', 'demo', 'search'),
    '--page',
    at('dist', 'single.html'),
    '--title',
    title,
    '--out',
    singleFile,
  ])
}

if (process.argv[1] === at('scripts', 'single.mjs')) {
  await script(async () => {
    await setUp()
    await buildCli()
    await pullModel()
    await buildIndex()
    await buildWasm()
    await buildTypeScript()
    await buildSingle()
    console.log(path.relative(root, singleFile))
  })
}
