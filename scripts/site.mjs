// Makes the demo in build/demo: the model, the index of the demo corpus, the package, and the page.

import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { buildTypeScript, buildWasm, variants } from './build.mjs'
import { drawIcon } from './icon.mjs'
import { at, hashOf, root, run, say, unlessDone } from './lib.mjs'
import { writeMap } from './map.mjs'

/** Where the finished page lies. */
export const siteFolder = at('build', 'demo')

/** Where the quantized model lies. */
export const modelFolder = at('build', 'model')

/** The native command line. */
export const cli = at('target', 'release', 'inkling')
const corpus = 'www/demo/corpus/sessions.json'

/** Builds the native command line; cargo itself knows whether there is something to do. */
export async function buildCli() {
  say('building the command line')
  await run('cargo', ['build', '--release', '--features', 'cli'])
}

/** Fetches and quantizes the demo's model, unless this version of the code has done so. Needs the command line. */
export async function pullModel() {
  await unlessDone({
    name: 'model',
    inputs: hashOf(['src/import', 'src/model', 'src/cli/model.rs', 'src/text/tokenizer.rs']),
    outputs: ['config.json', 'tokenizer.json', 'weights.safetensors'].map((file) => `build/model/${file}`),
    work: async () => {
      say('getting the model')
      await run(cli, ['model', 'pull', '--out', modelFolder])
    },
  })
}

/** Indexes the demo's corpus, unless it is done. Needs the command line and the model. */
export async function buildIndex() {
  await unlessDone({
    name: 'index',
    inputs: hashOf(['src', corpus, 'build/model']),
    outputs: ['build/demo/search/manifest.json'],
    work: async () => {
      say('indexing the programme of the demo')
      fs.rmSync(at('build', 'demo', 'search'), { recursive: true, force: true })
      await run(cli, ['index', corpus, '--model', modelFolder, '--out', at('build', 'demo', 'search')])
    },
  })
}

/** Lays the sessions out on a map, unless it is done. Needs the command line and the index. */
async function buildMap() {
  await unlessDone({
    name: 'map',
    inputs: hashOf(['scripts/map.mjs', 'build/demo/search/index']),
    outputs: ['build/demo/map.json'],
    work: () => writeMap({ cli, index: at('build', 'demo', 'search'), out: at('build', 'demo', 'map.json') }),
  })
}

/** Puts the page and the package in place. Needs dist/. */
export async function buildPage() {
  const { build } = await import('esbuild')
  fs.mkdirSync(siteFolder, { recursive: true })
  for (const folder of ['demo', 'page']) {
    const files = fs.readdirSync(at('www', folder)).filter((name) => /\.(html|css|svg|webmanifest)$/.test(name))
    for (const file of files) fs.copyFileSync(at('www', folder, file), at('build', 'demo', file))
  }
  fs.copyFileSync(at(corpus), at('build', 'demo', 'programme.json'))
  await buildMap()
  fs.rmSync(at('build', 'demo', 'inkling'), { recursive: true, force: true })
  fs.cpSync(at('dist'), at('build', 'demo', 'inkling'), { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: ['www/demo/app.ts', 'www/demo/build.ts', 'www/demo/offline.ts'],
    outdir: 'build/demo',
    define: { PACKAGE_FILES: JSON.stringify(packageFiles()) },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    // The page uses the package as a site would: as files of its own, not bundled with the page's script.
    plugins: [
      {
        name: 'package-as-files',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^inkling-search$/ }, () => ({ path: './inkling/index.js', external: true }))
          onResolve({ filter: /^inkling-search\/build$/ }, () => ({ path: './inkling/build.js', external: true }))
        },
      },
    ],
  })
  const picture = fs.readFileSync(at('www', 'demo', 'favicon.svg'), 'utf8')
  fs.writeFileSync(at('build', 'demo', 'icon-192.png'), drawIcon(picture, 192))
  fs.writeFileSync(at('build', 'demo', 'icon-512.png'), drawIcon(picture, 512))
  fs.writeFileSync(at('build', 'demo', 'icon-maskable.png'), drawIcon(picture, 512, { fullBleed: true }))
  // Last: it lists all the others.
  const { writeServiceWorker } = await import(pathToFileURL(at('dist', 'write-service-worker.js')).href)
  writeServiceWorker(siteFolder, { indexing: true })
}

/** The files of the package that a site with a search box serves: all that search, none that build. */
function packageFiles() {
  const names = fs.readdirSync(at('dist'), { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  const builds = Object.keys(variants).join('|')
  const searching = new RegExp(`^((index|shared|worker|translations|element|element-define)\\.(js|css)|wasm/inkling-(${builds})\\.(js|wasm))$`)
  return names.filter((name) => searching.test(name)).sort()
}

/** Everything, each part only if it is not done. */
export async function buildSite() {
  await buildCli()
  await pullModel()
  await buildIndex()
  await buildWasm()
  await buildTypeScript()
  await buildPage()
}
