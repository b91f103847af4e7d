// Makes the demo in build/demo: the model, the index of the demo corpus, the package, and the page.

import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { NATIVE, sourcesOf, variants } from './cargo.mjs'
import { timed } from './lanes.mjs'
import { at, hashOf, root, run, say, unlessDone } from './lib.mjs'

/** Where the finished page lies. */
export const siteFolder = at('build', 'demo')

/** Where the quantized model lies. */
export const modelFolder = at('build', 'model')

/** The query encoder that the repository ships, which asks for documents of that model. */
export const queryModelFolder = at('models', 'all-MiniLM-L6-v2-query')

/** The native command line. */
export const cli = at('target', 'release', 'inkling')
const corpus = 'www/demo/corpus/sessions.json'

/** @type {Promise<void> | undefined} */
let cliBuilt

/** What the demo needs of the command line: neither the f32 model that judges a quantized one nor Parquet, a third of what it is made of. */
const DEMO = 'commands,export,import'

/**
 * Builds the native command line, once for all that ask; cargo itself knows whether there is something to do.
 * @param {string} [features] of the crate
 */
export function buildCli(features = DEMO) {
  // With a target that has tests, what the crate depends on is what its tests are linked with, and compiled once.
  const beside = features === NATIVE ? ['--test', 'kernels'] : []
  cliBuilt ??= timed('the command line', () =>
    run('cargo', ['build', '--release', '--bin', 'inkling', ...beside, '--features', features]),
  )
  return cliBuilt
}

/** The targets that hold tests. Examples do not: the gate's lints compile these. */
export const TESTS = ['--lib', '--bins', '--tests']

/**
 * Builds the native command line together with the tests of the crate. What only tests need turns on features of crates that
 * both have: one after the other they would compile the largest of these twice.
 * @param {string} features of the crate
 */
export function buildCliAndTests(features) {
  cliBuilt ??= timed('the command line and the tests of the crate', () =>
    // Not `cargo test --no-run`: that leaves no list of what the command line was made of.
    run('cargo', ['build', '--release', ...TESTS, '--features', features]),
  )
  return cliBuilt
}

/**
 * The sources that the command line was made of, without those of other rooms.
 * @param {RegExp} others @param {string} command the file of the command that matters
 */
function cliSources(others, command) {
  const elsewhere = (/** @type {string} */ file) =>
    /^(Cargo\.toml|src\/(main|lib)\.rs|src\/cli\/.*)$/.test(file) || others.test(file)
  return [...sourcesOf(`${cli}.d`).filter((file) => !elsewhere(file)), command]
}

/** The finest grids: this model encodes the documents, once. Queries are encoded by the student. */
const MODEL_SIZE = 'exact'

/** Fetches and quantizes the demo's model, unless this version of the code has done so. Needs the command line. */
export async function pullModel() {
  await unlessDone({
    name: 'model',
    inputs: MODEL_SIZE,
    outputs: ['config.json', 'tokenizer.txt', 'weights.safetensors'].map((file) => `build/model/${file}`),
    work: async () => {
      say('getting the model')
      await run(cli, ['model', 'pull', '--size', MODEL_SIZE, '--query-model', 'none', '--out', modelFolder])
      return cliSources(/^src\/(corpus|encoder\/gpu|engine|eval|export|index)\//, 'src/cli/model.rs')
    },
  })
}

/** Indexes the demo's corpus, unless it is done. Needs the command line and the model. */
export async function buildIndex() {
  await unlessDone({
    name: 'index',
    inputs: hashOf([corpus, 'build/model', 'models']),
    outputs: ['build/demo/search/manifest.json'],
    work: async () => {
      say('indexing the programme of the demo')
      fs.rmSync(at('build', 'demo', 'search'), { recursive: true, force: true })
      const models = ['--model', modelFolder, '--query-model', queryModelFolder]
      await run(cli, ['index', corpus, ...models, '--out', at('build', 'demo', 'search')])
      return cliSources(/^src\/(encoder\/gpu|eval|export|import|model\/(pull|pack|smooth|check))/, 'src/cli/index.rs')
    },
  })
}

/** Lays the sessions out on a map, unless it is done. Needs the command line and the index. */
async function buildMap() {
  await unlessDone({
    name: 'map',
    inputs: hashOf(['scripts/map.mjs', 'www/demo/layout.js', 'build/demo/search/index']),
    outputs: ['build/demo/map.json'],
    work: async () => {
      // It uses a package, which scripts may have to install first.
      const { writeMap } = await import('./map.mjs')
      await writeMap({ cli, index: at('build', 'demo', 'search'), out: at('build', 'demo', 'map.json') })
    },
  })
}

/** Puts the pages and the package in place. Needs dist/. */
export async function buildPage() {
  await buildMap()
  fs.rmSync(at('build', 'demo', 'inkling'), { recursive: true, force: true })
  fs.cpSync(at('dist'), at('build', 'demo', 'inkling'), { recursive: true })
  await writePages(siteFolder)
  await drawIcons(siteFolder)
  // Last: it lists all the others.
  const { writeServiceWorker } = await import(pathToFileURL(at('dist', 'write-service-worker.js')).href)
  writeServiceWorker(siteFolder, { indexing: true })
}

/** Writes compressed twins beside the files of the site, as a host for static sites serves them. @param {string} folder */
export const compressSite = (folder) => run(cli, ['compress', folder])

/** Writes the pages with their styles and scripts into a folder that has the package in `inkling`. @param {string} folder */
export async function writePages(folder) {
  const { build } = await import('esbuild')
  fs.mkdirSync(folder, { recursive: true })
  const files = fs.readdirSync(at('www', 'demo')).filter((name) => /\.(html|css|svg|webmanifest)$/.test(name))
  for (const file of files) fs.copyFileSync(at('www', 'demo', file), path.join(folder, file))
  fs.copyFileSync(at(corpus), path.join(folder, 'programme.json'))
  await build({
    absWorkingDir: root,
    entryPoints: ['app.ts', 'build.ts', 'layout.js', 'offline.ts'].map((name) => `www/demo/${name}`),
    outdir: folder,
    define: { PACKAGE_FILES: JSON.stringify(packageFiles(path.join(folder, 'inkling'))) },
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
          onResolve({ filter: /^inkling-search\/(build|element|offline)$/ }, ({ path: name }) => ({
            path: `./inkling/${name.replace('inkling-search/', '')}.js`,
            external: true,
          }))
        },
      },
    ],
  })
}

/**
 * Draws the demo's icon as PNG: some devices install no app without one, and some cut it to a shape of their own.
 * @param {string} folder
 */
async function drawIcons(folder) {
  const { Resvg } = await import('@resvg/resvg-js')
  const rounded = fs.readFileSync(at('www', 'demo', 'favicon.svg'), 'utf8')
  const square = rounded.replace(/ rx="\d+"/, '')
  for (const { name, picture, size } of [
    { name: 'icon-192', picture: rounded, size: 192 },
    { name: 'icon-512', picture: rounded, size: 512 },
    { name: 'icon-maskable', picture: square, size: 512 },
  ]) {
    const image = new Resvg(picture, { fitTo: { mode: 'width', value: size } }).render()
    fs.writeFileSync(path.join(folder, `${name}.png`), image.asPng())
  }
}

/** The files of the package that a site with a search box serves: all that search, none that build. @param {string} folder */
function packageFiles(folder) {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  const builds = Object.keys(variants).join('|')
  const searching = new RegExp(
    `^((index|shared|worker|later|offline|element|element-define|filters|modal|results)\\.(js|css|html)|languages/\\w+\\.js|wasm/inkling(-encoder|-languages)?-(${builds})\\.(js|wasm))$`,
  )
  return names.filter((name) => searching.test(name)).sort()
}
