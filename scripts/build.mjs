// Builds the npm package into dist/: three wasm modules from the crate, the TypeScript beside them, and its types.

import fs from 'node:fs'
import path from 'node:path'
import { at, capture, hashOf, root, run, say, script, Stop, unlessDone } from './lib.mjs'
import { installWasmBindgen, setUp } from './setup.mjs'
import { buildTemplate } from './template.mjs'

/** The two builds of the crate: which one a browser can run is found out in `www/src/worker/glue.ts`. */
export const variants = {
  simd128: { features: '+simd128' },
  relaxed: { features: '+simd128,+relaxed-simd' },
}

/** @typedef {keyof typeof variants} Variant */

const WASM_OPT_FLAGS = [
  '-O3', '--strip-debug', '--strip-producers', '--enable-simd', '--enable-bulk-memory', '--enable-sign-ext',
  '--enable-nontrapping-float-to-int', '--enable-mutable-globals', '--enable-reference-types', '--enable-multivalue',
]

/**
 * Cargo's environment for one variant.
 *
 * `-pre-RA-sched=source` keeps the dot kernels in the order they are written in. LLVM's own order for wasm holds six
 * broadcast activations at once beside twelve sums and two weights: more than the fifteen registers that x64 leaves to
 * wasm, and the browser's spills made the kernels a third slower.
 * @param {Variant} variant @returns {Record<string, string>}
 */
export function wasmEnvironment(variant) {
  const flags = ['-C', `target-feature=${variants[variant].features}`, '-C', 'llvm-args=-pre-RA-sched=source', '--cfg', 'getrandom_backend="wasm_js"']
  return { RUSTFLAGS: flags.join(' '), CARGO_TARGET_DIR: at('target', `wasm-${variant}`) }
}

/**
 * What the modules hold, as features of the crate: `inkling` searches; `inkling-build` also builds, and `inkling-gpu` also
 * computes on WebGPU. These are apart so that visitors load them only where a page asks for what they do.
 */
const modules = { inkling: 'web', 'inkling-build': 'web,build', 'inkling-gpu': 'web,gpu' }

/** @typedef {keyof typeof modules} Module */

/** Cargo's arguments for every build of the browser's half of the crate. @param {Module} [module] */
export const wasmArguments = (module = 'inkling') => [
  '--target', 'wasm32-unknown-unknown', '--no-default-features', '--features', modules[module],
]

/** Builds the wasm modules, each in both variants, into dist/wasm. */
export async function buildWasm() {
  const bin = await installWasmBindgen()
  for (const module of /** @type {Module[]} */ (Object.keys(modules))) {
    for (const variant of /** @type {Variant[]} */ (Object.keys(variants))) await buildVariant(module, variant, bin)
  }
}

/** @param {Module} module @param {Variant} variant @param {string} bin the folder of wasm-bindgen */
async function buildVariant(module, variant, bin) {
  const name = `${module}-${variant}`
  await unlessDone({
    name: `wasm-${name}`,
    // Not left to cargo: both modules of a variant have the same file name there, so it would link them anew in turns.
    inputs: hashOf(['src', 'Cargo.toml', 'Cargo.lock', 'scripts/build.mjs', 'package-lock.json'], [bin, capture('rustc', ['--version']) ?? '']),
    outputs: ['.js', '.d.ts', '.wasm'].map((extension) => `dist/wasm/${name}${extension}`),
    work: async () => {
      say(`building the wasm module ${name}`)
      const env = wasmEnvironment(variant)
      await run('cargo', ['build', '--profile', 'wasm', '--lib', ...wasmArguments(module)], { env })
      const built = path.join(env.CARGO_TARGET_DIR ?? '', 'wasm32-unknown-unknown', 'wasm', 'inkling_search.wasm')
      await finishVariant(name, variant, built, bin)
    },
  })
}

/**
 * From what cargo built to what browsers load: wasm-bindgen writes the glue, wasm-opt and esbuild make both smaller.
 * @param {string} name
 * @param {Variant} variant
 * @param {string} built the module that cargo made
 * @param {string} bin the folder of wasm-bindgen
 */
async function finishVariant(name, variant, built, bin) {
  const out = at('dist', 'wasm')
  await run(path.join(bin, 'wasm-bindgen'), [
    built, '--target', 'web', '--omit-default-module-path', '--out-dir', out, '--out-name', name,
  ])
  const bound = path.join(out, `${name}_bg.wasm`)
  const relaxed = variant === 'relaxed' ? ['--enable-relaxed-simd'] : []
  await run(at('node_modules', '.bin', 'wasm-opt'), [...WASM_OPT_FLAGS, ...relaxed, bound, '-o', path.join(out, `${name}.wasm`)])
  fs.rmSync(bound)
  const glue = path.join(out, `${name}.js`)
  const { transform } = await import('esbuild')
  fs.writeFileSync(glue, (await transform(fs.readFileSync(glue, 'utf8'), { minify: true, format: 'esm', target: 'es2022' })).code)
  fs.rmSync(`${bound}.d.ts`, { force: true })
  checkInstructions(variant, path.join(out, `${name}.wasm`))
}

/**
 * A single relaxed instruction in the baseline module would keep it from loading in browsers without them, and none in
 * the other would mean that its kernels are not the fast ones.
 * @param {Variant} variant
 * @param {string} file
 */
function checkInstructions(variant, file) {
  const count = relaxedInstructions(file)
  if (variant === 'simd128' && count > 0) throw new Stop(`${file} holds ${count} relaxed SIMD instructions: it must hold none`)
  if (variant === 'relaxed' && count === 0) throw new Stop(`${file} holds no relaxed SIMD instruction: its kernels are not in use`)
  const megabytes = (fs.statSync(file).size / 1e6).toFixed(2)
  console.log(`  ${path.relative(root, file)}: ${megabytes} MB, ${count} relaxed SIMD instructions`)
}

/** How many relaxed SIMD instructions a wasm module holds. @param {string} file */
function relaxedInstructions(file) {
  const text = `${file}.wat`
  if (capture(at('node_modules', '.bin', 'wasm-dis'), [file, '-all', '-o', text]) === undefined) throw new Stop(`wasm-dis cannot read ${file}`)
  const count = fs.readFileSync(text, 'utf8').match(/\.relaxed_/g)?.length ?? 0
  fs.rmSync(text)
  return count
}

/** The worker starts others as `start-sibling.ts` does. @type {import('esbuild').Plugin} */
const startsItself = {
  name: 'starts-itself',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/start\.js$/ }, () => ({ path: at('www', 'src', 'worker', 'start-sibling.ts') })),
}

/**
 * What stays a file of its own in dist/, where all files lie side by side, whatever folder its source is in.
 * @param {string[]} names @returns {import('esbuild').Plugin}
 */
const beside = (...names) => ({
  name: 'beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^\\.\\.?/(${names.join('|')})\\.js$`) }, ({ path: name }) => ({
      path: `./${path.basename(name)}`,
      external: true,
    })),
})

/** Builds the TypeScript of the package into dist/, with types. */
export async function buildTypeScript() {
  await unlessDone({
    name: 'typescript',
    inputs: hashOf(['www/src', 'www/offline', 'tsconfig.json', 'tsconfig.types.json', 'scripts/build.mjs', 'package-lock.json']),
    outputs: [
      'index.js', 'build.js', 'shared.js', 'worker.js', 'cli.js', 'index.d.ts', 'build.d.ts', 'element.js', 'element-define.js', 'element.css',
      'service-worker.js', 'write-service-worker.js',
    ].map((file) => `dist/${file}`),
    work: async () => {
      say('building the TypeScript')
      const { build } = await import('esbuild')
      /** @type {import('esbuild').BuildOptions} */
      const node = { absWorkingDir: root, outdir: 'dist', bundle: true, format: 'esm', target: 'node20', platform: 'node', external: ['./wasm/*'] }
      /** @type {import('esbuild').BuildOptions} */
      const options = { absWorkingDir: root, outdir: 'dist', bundle: true, minify: true, sourcemap: true, format: 'esm', target: 'es2022' }
      // What both halves of the API need is one file: errors are of one class, and the Trusted Types policy is made once.
      await build({ ...options, entryPoints: ['www/src/index.ts', 'www/src/build.ts'], splitting: true, chunkNames: 'shared' })
      await build({ ...options, entryPoints: ['www/src/worker/worker.ts'], external: ['./wasm/*'], plugins: [startsItself] })
      await build({ ...options, entryPoints: ['www/src/element/translations.ts'] })
      // The element fetches what it needs of these when somebody searches.
      await build({
        ...options,
        entryPoints: [
          { in: 'www/src/element/element.ts', out: 'element' },
          { in: 'www/src/element/element.css', out: 'element' },
        ],
        plugins: [beside('index', 'translations')],
      })
      await build({ ...options, entryPoints: { 'element-define': 'www/src/element/define.ts' }, plugins: [beside('element')] })
      // The list of a site's files is put before the service worker, so it stands alone.
      await build({ ...options, entryPoints: ['www/offline/service-worker.ts'], format: 'iife', sourcemap: false })
      const forNode = { cli: 'www/src/cli/main.ts', 'write-service-worker': 'www/offline/write-service-worker.ts' }
      await build({ ...node, entryPoints: forNode })
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
