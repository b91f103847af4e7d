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

/** Parts of the element that only some pages need. */
const parts = ['filters', 'modal', 'results']

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
  // What both halves of the API need is one file: errors are of one class, and the Trusted Types policy is made once.
  await build({
    ...options,
    entryPoints: ['www/src/index.ts', 'www/src/build.ts'],
    splitting: true,
    chunkNames: 'shared',
  })
  await build({ ...options, entryPoints: ['www/src/worker/worker.ts'], external: ['./wasm/*'] })
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
      'shared.js',
      'worker.js',
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
    outputs: ['index', 'build', 'element/define', 'cli/site'].map((name) => `dist/${name}.d.ts`),
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
