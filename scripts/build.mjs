// Builds the npm package into dist/: three wasm modules from the crate, the TypeScript beside them, and its types.

import fs from 'node:fs'
import path from 'node:path'
import { at, hashOf, root, run, say, script, unlessDone } from './lib.mjs'
import { setUp } from './setup.mjs'
import { buildTemplate } from './template.mjs'
import { buildWasm } from './wasm.mjs'

/**
 * What stays a file of its own in dist/, where all files lie side by side, whatever folder its source is in.
 * @param {string[]} names @returns {import('esbuild').Plugin}
 */
const beside = (...names) => ({
  name: 'beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^\\.\\.?/(${names.join('|')})\\.js$`) }, ({ path: name }) => ({
      path: name.replace(/^\.\.?/, '.'),
      external: true,
    })),
})

/**
 * The parts of the API have what is in `shared.ts` from its file, and a search in an engine elsewhere the encoder from its.
 * @type {import('esbuild').Plugin}
 */
const sharing = {
  name: 'sharing',
  setup({ onResolve }) {
    const names = [...fs.readFileSync(at('www', 'src', 'shared.ts'), 'utf8').matchAll(/from '\.\/(.*)\.js'/g)]
    const shared = names.map(([, name = '']) => at('www', 'src', `${name}.js`))
    onResolve({ filter: /\.js$/ }, ({ path: name, importer }) =>
      shared.includes(path.resolve(path.dirname(importer), name)) ? { path: './shared.js', external: true } : undefined,
    )
    onResolve({ filter: /^\.\.\/encoder\.js$/ }, () => ({ path: './encoder.js', external: true }))
  },
}

/** What the worker fetches later has none of what must be there once. @type {import('esbuild').Plugin} */
const withoutModules = {
  name: 'without-modules',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/(glue|modules)\.js$/ }, ({ importer }) => ({
      errors: [{ text: `${importer} needs the modules of the worker: later.ts must be given them` }],
    })),
}

/** Parts of the element that only some pages, or some questions, need. */
const parts = ['filters', 'foreign', 'modal', 'reading', 'results']

/** The languages of the element that are files of their own. */
const languages = fs
  .readdirSync(at('www', 'src', 'element', 'languages'))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => name !== 'en')

/** Bundles the TypeScript of the package. @param {string} [outdir] */
export async function bundlePackage(outdir = 'dist') {
  const { build } = await import('esbuild')
  /** @type {import('esbuild').BuildOptions} */
  const node = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    external: ['./wasm/*'],
  }
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target: 'es2022',
  }
  await build({ ...options, entryPoints: ['www/src/shared.ts'] })
  for (const name of ['index', 'build', 'encoder', 'offline', 'remote'])
    await build({ ...options, entryPoints: [`www/src/${name}.ts`], plugins: [sharing] })
  await build({
    ...options,
    entryPoints: ['www/src/worker/worker.ts'],
    external: ['./wasm/*'],
    plugins: [beside('later')],
  })
  await build({ ...options, entryPoints: ['www/src/worker/later.ts'], plugins: [withoutModules] })
  // English is in the element itself; every other language is a file of its own.
  await build({
    ...options,
    outdir: `${outdir}/languages`,
    entryPoints: languages.map((name) => `www/src/element/languages/${name}.ts`),
    sourcemap: false,
  })
  // The element fetches what it needs of these when somebody searches, and its own parts where the page wants them.
  await build({
    ...options,
    entryPoints: ['ts', 'css']
      .map((kind) => `www/src/element/element.${kind}`)
      .concat(parts.map((name) => `www/src/element/${name}.ts`)),
    plugins: [beside('index', ...parts, ...languages.map((name) => `languages/${name}`))],
  })
  // A page of results that works as it is, and its styles.
  for (const file of ['results.html', 'results.css'])
    fs.copyFileSync(at('www', 'src', 'element', file), path.resolve(root, outdir, file))
  await build({
    ...options,
    entryPoints: { 'element-define': 'www/src/element/define.ts' },
    plugins: [beside('element')],
  })
  // The list of a site's files is put before the service worker, so it stands alone.
  await build({ ...options, entryPoints: ['www/offline/service-worker.ts'], format: 'iife', sourcemap: false })
  const forNode = {
    cli: 'www/src/cli/main.ts',
    'cli-network': 'www/src/cli/network.ts',
    site: 'www/src/cli/site.ts',
    'write-service-worker': 'www/offline/write-service-worker.ts',
  }
  await build({ ...node, entryPoints: forNode })
}

/** What the TypeScript of the package is made of. */
const SOURCES = ['www/src', 'www/offline', 'scripts/build.mjs', 'package-lock.json']

/** Builds the TypeScript of the package into dist/. */
export async function buildBundles() {
  await unlessDone({
    name: 'typescript',
    inputs: hashOf(SOURCES),
    outputs: [
      'index.js',
      'build.js',
      'encoder.js',
      'offline.js',
      'remote.js',
      'shared.js',
      'worker.js',
      'later.js',
      'cli.js',
      'cli-network.js',
      'site.js',
      'element.js',
      'element-define.js',
      'element.css',
      ...parts.map((name) => `${name}.js`),
      'results.html',
      'service-worker.js',
      'write-service-worker.js',
    ].map((file) => `dist/${file}`),
    work: async () => {
      say('building the TypeScript')
      await bundlePackage()
    },
  })
}

/** Builds the TypeScript of the package into dist/, with types. Needs the glue of the wasm modules. */
export async function buildTypeScript() {
  await buildBundles()
  await unlessDone({
    name: 'types',
    inputs: hashOf([...SOURCES, 'tsconfig.json', 'tsconfig.types.json']),
    outputs: ['index', 'build', 'encoder', 'offline', 'remote', 'element/define', 'cli/site'].map(
      (name) => `dist/${name}.d.ts`,
    ),
    work: async () => {
      say('writing the types of the package')
      await run(at('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.types.json'])
    },
  })
}

if (process.argv[1] === at('scripts', 'build.mjs')) {
  await script(async () => {
    await setUp()
    await buildWasm()
    await buildTypeScript()
    await buildTemplate()
  })
}
