// Builds the wasm modules of the package, in the variants that each has, into dist/wasm.

import fs from 'node:fs'
import path from 'node:path'
import {
  cargoHome,
  moduleEnvironment,
  modules,
  sourcesOf,
  variants,
  variantsOf,
  wasmArguments,
  wasmEnvironment,
} from './cargo.mjs'
import { shareVariants } from './crates.mjs'
import { sideBySide } from './lanes.mjs'
import { at, capture, hashOf, kept, print, root, run, Stop, say, tee, unlessDone } from './lib.mjs'
import { installWasmBindgen, installWasmTarget } from './setup.mjs'

/** @typedef {import('./cargo.mjs').Module} Module */
/** @typedef {import('./cargo.mjs').Variant} Variant */

const FEATURES = [
  '--enable-simd',
  '--enable-bulk-memory',
  '--enable-sign-ext',
  '--enable-nontrapping-float-to-int',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
]

/** `--strip-target-features`: what a module says of itself would count for more than what is allowed here. */
const OPTIMIZE = ['--strip-debug', '--strip-producers', '--strip-target-features', ...FEATURES]

/**
 * LLVM has inlined what is fast already: what wasm-opt would inline beyond that makes a smaller module, but 3 to 5 % more of it under
 * Brotli, and none faster.
 */
const AS_INLINED = ['always', 'flexible', 'one-caller'].map((which) => `--${which}-inline-max-function-size=0`)

/**
 * How hard wasm-opt tries, if not its hardest for speed: what visitors load is to be small, and what runs in Node is read from a disk.
 * @type {Partial<Record<Module, string[]>>}
 */
const LEVELS = {
  inkling: ['-Os', ...AS_INLINED],
  'inkling-languages': ['-Os', ...AS_INLINED],
  'inkling-encoder': ['-O3', ...AS_INLINED],
  'inkling-node': ['-O1'],
}

/** The module alone: where cargo makes a library for Rust beside it, it leaves out the `lto` that the profile asks for, a twelfth of the bytes. */
const AS_MODULE = ['rustc', '--profile', 'wasm', '--lib', '--crate-type', 'cdylib']

/** All modules, which a release needs. */
export const ALL = /** @type {Module[]} */ (Object.keys(modules))

const BOTH = /** @type {Variant[]} */ (Object.keys(variants))

/**
 * Builds wasm modules into dist/wasm, the variants at the same time.
 * @param {Module[]} [names]
 */
export async function buildWasm(names = ALL) {
  await installWasmTarget()
  await installWasmBindgen()
  const inVariant = (/** @type {Variant} */ variant) => names.filter((module) => variantsOf(module).includes(variant))
  await sideBySide(BOTH.map((variant) => inVariant(variant).map((module) => () => buildModule(module, variant))))
}

/** Builds one module in one variant, unless it is done. @param {Module} module @param {Variant} variant */
export async function buildModule(module, variant) {
  const bin = await installWasmBindgen()
  if (variant === 'relaxed') {
    await buildModule(module, 'simd128')
    shareVariants()
  }
  const name = `${module}-${variant}`
  const flags = moduleEnvironment(module, variant)
  // Where programs are found is another for `npm` than for `node`, and changes nothing.
  const { PATH: _, ...known } = flags
  await unlessDone({
    name: `wasm-${name}`,
    // Not left to cargo: the modules of a variant have the same file name there, so it would link them anew in turns.
    inputs: hashOf(
      ['.cargo', 'scripts/rustc', 'scripts/wasm.mjs', 'package-lock.json'],
      [bin, ...Object.values(known), ...wasmArguments(modules[module]), capture('rustc', ['--version']) ?? ''],
    ),
    outputs: ['.js', '.d.ts', '.wasm'].map((extension) => `dist/wasm/${name}${extension}`),
    work: async () => {
      say(`building the wasm module ${name}`)
      await compile(name, [...AS_MODULE, ...wasmArguments(modules[module])], flags)
      const built = path.join(flags.CARGO_TARGET_DIR, 'wasm32-unknown-unknown', 'wasm', 'inkling_search')
      await finishVariant(name, variant, `${built}.wasm`, bin, LEVELS[module] ?? ['-O3'])
      return sourcesOf(`${built}.d`)
    },
  })
}

/**
 * Has cargo compile a module, which is then that of its features alone: what the compiler warns of there stops it.
 * @param {string} name @param {string[]} args @param {Record<string, string>} env
 */
async function compile(name, args, env) {
  const { output, failure } = await tee('cargo', args, { env })
  if (failure) throw failure
  if (/^warning: `inkling-search` /m.test(output)) throw new Stop(`${name} compiles with a warning: see above`)
}

/**
 * Builds one module in one variant as fast as it can be built, for a page that is being worked on: neither linked as one
 * nor optimized as a whole, so slower than what ships. Writes it and its glue into a folder.
 * @param {string} name such as inkling-build-relaxed @param {string} out
 */
export async function buildDraft(name, out) {
  const module = ALL.find((module) => variantsOf(module).some((variant) => name === `${module}-${variant}`))
  const variant = BOTH.find((variant) => name === `${module}-${variant}`)
  if (!module || !variant) throw new Stop(`there is no module ${name}`)
  const env = wasmEnvironment(variant)
  await run('cargo', ['build', '--profile', 'wasm-dev', '--lib', ...wasmArguments(modules[module])], { env })
  const built = path.join(env.CARGO_TARGET_DIR, 'wasm32-unknown-unknown', 'wasm-dev', 'inkling_search.wasm')
  fs.renameSync(await bind(name, built, await installWasmBindgen(), out), path.join(out, `${name}.wasm`))
}

/**
 * From what cargo built to what browsers load: wasm-bindgen writes the glue, wasm-opt and esbuild make both smaller.
 * @param {string} name
 * @param {Variant} variant
 * @param {string} built the module that cargo made
 * @param {string} bin the folder of wasm-bindgen
 * @param {string[]} level
 */
async function finishVariant(name, variant, built, bin, level) {
  const out = at('dist', 'wasm')
  const bound = await bind(name, built, bin, out)
  const relaxed = variant === 'relaxed' ? ['--enable-relaxed-simd'] : []
  const file = path.join(out, `${name}.wasm`)
  await run(wasmOpt, [...level, ...OPTIMIZE, ...relaxed, bound, '-o', file])
  fs.rmSync(bound)
  await minifyGlue(path.join(out, `${name}.js`), name.startsWith('inkling-node'))
  await checkInstructions(variant, file)
  if (fs.readFileSync(file).includes(cargoHome)) throw new Stop(`${file} names a folder of this machine: ${cargoHome}`)
  print(`  ${path.relative(root, file)}: ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`)
}

/**
 * Makes glue smaller. Browsers start modules without waiting in no place, so only Node's has what does that.
 * @param {string} file @param {boolean} isForNode
 */
async function minifyGlue(file, isForNode) {
  const { transform } = await import('esbuild')
  const whole = fs.readFileSync(file, 'utf8')
  const text = isForNode ? whole : whole.replace('export { initSync, ', 'export { ')
  const { code } = await transform(text, { minify: true, treeShaking: true, format: 'esm', target: 'es2022' })
  fs.writeFileSync(file, code)
}

/**
 * Writes a module's glue into a folder, and gives the path of the module that goes with it.
 * @param {string} name @param {string} built the module that cargo made @param {string} bin the folder of wasm-bindgen
 * @param {string} out
 */
async function bind(name, built, bin, out) {
  await run(path.join(bin, 'bind'), [built, out, name])
  const bound = path.join(out, `${name}_bg.wasm`)
  fs.rmSync(`${bound}.d.ts`, { force: true })
  return bound
}

const wasmOpt = at('node_modules', '.bin', 'wasm-opt')

/**
 * A single relaxed instruction in the baseline module would keep it from loading in browsers without them, and none in
 * the other would mean that its kernels are not the fast ones.
 * @param {Variant} variant
 * @param {string} file
 */
async function checkInstructions(variant, file) {
  const relaxed = await holdsRelaxed(file)
  if (variant === 'simd128' && relaxed) throw new Stop(`${file} holds relaxed SIMD instructions: it must hold none`)
  if (variant === 'relaxed' && !relaxed)
    throw new Stop(`${file} holds no relaxed SIMD instruction: its kernels are not in use`)
}

/** Whether a wasm module holds relaxed SIMD instructions: then it is refused where these are not allowed. @param {string} file */
export async function holdsRelaxed(file) {
  if (fs.readFileSync(file).includes('target_features'))
    throw new Stop(`${file} still says which features it needs: wasm-opt would allow them`)
  const refusal = await kept.run({ chunks: [] }, () => tee(wasmOpt, [...FEATURES, file, '-o', `${file}.checked`]))
  fs.rmSync(`${file}.checked`, { force: true })
  if (refusal.failure && !/requires additional features/.test(refusal.output))
    throw new Stop(`wasm-opt cannot read ${file}:\n${refusal.output}`)
  return refusal.failure !== undefined
}
