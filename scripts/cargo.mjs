// How cargo is asked to build the crate, and what it says a build was made of.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { at, root } from './lib.mjs'

/** Where cargo keeps what it has downloaded. */
export const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo')

/** The builds of a module: which one a browser can run is found out in `www/src/worker/glue.ts`. */
export const variants = {
  simd128: [],
  relaxed: ['-C', 'target-feature=+relaxed-simd'],
}

/** @typedef {keyof typeof variants} Variant */

/**
 * What the modules hold, as features of the crate: `inkling` searches by words and vectors; `inkling-languages` knows other languages
 * than English; `inkling-encoder` makes vectors, and `inkling-gpu` does so on WebGPU, too; `inkling-build` builds an index, and changes one; `inkling-node` is the command line
 * for Node. They are apart so that visitors load each only
 * where it is needed.
 */
export const modules = {
  inkling: 'web-index',
  'inkling-languages': 'web-languages',
  'inkling-encoder': 'web-encoder',
  'inkling-build': 'web-index,build',
  'inkling-gpu': 'web-encoder,gpu',
  'inkling-node': 'node',
}

/** @typedef {keyof typeof modules} Module */

/** The features of all modules together. */
export const EVERY_MODULE = [...new Set(Object.values(modules).flatMap((features) => features.split(',')))].join()

/** The modules with one build, for all browsers: what searches waits for memory, and stems are no numbers; what computes on WebGPU for the GPU,
 * and Node 20 computes relaxed SIMD wrongly. */
const ONE_BUILD = /** @type {Module[]} */ (['inkling', 'inkling-languages', 'inkling-gpu', 'inkling-node'])

/** The builds of a module. @param {Module} module */
export const variantsOf = (module) =>
  /** @type {Variant[]} */ (ONE_BUILD.includes(module) ? ['simd128'] : Object.keys(variants))

/**
 * Cargo's environment for one variant. What the crate depends on is compiled alike for both: relaxed SIMD is in our own kernels
 * alone, and a wrapper of the compiler asks for it there, found by its name, since its path would change the module's bytes.
 *
 * `-pre-RA-sched=source` keeps the dot kernels in the order they are written in. LLVM's own order for wasm holds six
 * broadcast activations at once beside twelve sums and two weights: more than the fifteen registers that x64 leaves to
 * wasm, and the browser's spills made the kernels a third slower.
 * @param {Variant} variant
 * @returns {Record<string, string> & { CARGO_TARGET_DIR: string, CARGO_ENCODED_RUSTFLAGS: string }}
 */
export function wasmEnvironment(variant) {
  const common = ['-C', 'target-feature=+simd128', '-C', 'llvm-args=-pre-RA-sched=source']
  // Where a panic is said to be is the same on every machine.
  const anywhere = `--remap-path-prefix=${path.join(cargoHome, 'registry', 'src')}=`
  const flags = [...common, '--cfg', 'getrandom_backend="wasm_js"', anywhere]
  const withFlags = (/** @type {string[]} */ flags) => ({
    CARGO_TARGET_DIR: at('target', `wasm-${variant}`),
    CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
  })
  if (variant === 'simd128') return withFlags(flags)
  // Windows starts no script as if it were a program.
  if (process.platform === 'win32') return withFlags([...flags, ...variants.relaxed])
  const PATH = [at('scripts', 'rustc'), process.env.PATH].join(path.delimiter)
  return { ...withFlags(flags), RUSTC_WORKSPACE_WRAPPER: 'rustc-relaxed', PATH }
}

/**
 * Cargo's environment for one module: what searches is there to be downloaded before the first answer, so that its own code
 * is small rather than fast, too; what is fast in it, the scan, is inlined as a whole either way.
 * @param {Module} module @param {Variant} variant
 * @returns {ReturnType<typeof wasmEnvironment>}
 */
export const moduleEnvironment = (module, variant) => ({
  ...wasmEnvironment(variant),
  ...(['inkling', 'inkling-languages'].includes(module) && { CARGO_PROFILE_WASM_OPT_LEVEL: 's' }),
})

/** Cargo's arguments for every build of the browser's half of the crate. @param {string} features */
export const wasmArguments = (features) => [
  '--target',
  'wasm32-unknown-unknown',
  '--no-default-features',
  '--features',
  features,
]

/**
 * Everything native is built and tested with the same features, so that what it depends on is compiled once. Only a
 * command line that no test follows does without the GPU.
 */
export const NATIVE = 'cli,gpu'

/**
 * The files of this repository that a build was made of, as cargo lists them beside what it built, and the manifest: the
 * sources that the features chosen bring in, and what those include.
 * @param {string} list a file in the format of make, such as target/release/inkling.d
 */
export function sourcesOf(list) {
  const text = fs.readFileSync(list, 'utf8')
  const files = text
    .slice(text.indexOf(': ') + 2)
    .trim()
    .split(/(?<!\\)\s+/)
    .map((file) => file.replaceAll('\\ ', ' '))
  const own = files
    .map((file) => path.relative(root, path.resolve(root, file)))
    .filter((file) => !/^(\.\.|target)([/\\]|$)/.test(file))
  return [...new Set([...own, 'Cargo.toml', 'Cargo.lock'])].sort()
}
