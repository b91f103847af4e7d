// How cargo is asked to build the crate, and what it says a build was made of.

import fs from 'node:fs'
import path from 'node:path'
import { at, root } from './lib.mjs'

/** The two builds of the crate: which one a browser can run is found out in `www/src/worker/glue.ts`. */
export const variants = {
  simd128: { features: '+simd128' },
  relaxed: { features: '+simd128,+relaxed-simd' },
}

/** @typedef {keyof typeof variants} Variant */

/**
 * What the modules hold, as features of the crate: `inkling` searches; `inkling-build` also builds, and `inkling-gpu` also
 * computes on WebGPU. These are apart so that visitors load them only where a page asks for what they do.
 */
export const modules = { inkling: 'web', 'inkling-build': 'web,build', 'inkling-gpu': 'web,gpu' }

/** @typedef {keyof typeof modules} Module */

/**
 * Cargo's environment for one variant.
 *
 * `-pre-RA-sched=source` keeps the dot kernels in the order they are written in. LLVM's own order for wasm holds six
 * broadcast activations at once beside twelve sums and two weights: more than the fifteen registers that x64 leaves to
 * wasm, and the browser's spills made the kernels a third slower.
 * @param {Variant} variant
 */
export function wasmEnvironment(variant) {
  const flags = [
    '-C',
    `target-feature=${variants[variant].features}`,
    '-C',
    'llvm-args=-pre-RA-sched=source',
    '--cfg',
    'getrandom_backend="wasm_js"',
  ]
  return { RUSTFLAGS: flags.join(' '), CARGO_TARGET_DIR: at('target', `wasm-${variant}`) }
}

/** Cargo's arguments for every build of the browser's half of the crate. @param {Module} [module] */
export const wasmArguments = (module = 'inkling') => [
  '--target',
  'wasm32-unknown-unknown',
  '--no-default-features',
  '--features',
  modules[module],
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
