// That the crate compiles, without a warning, with each of its features alone and with none: what a user of one gets.
//
// Cargo would compile most of what the crate depends on once more for each feature, since which features a library gets
// depends on all that use it. So the library is linted as cargo does it with everything, and then compiled with the features and
// libraries of one feature alone. What is left out is the compiler's to say, which takes half as long as clippy.

import fs from 'node:fs'
import { EVERY_MODULE, modules, NATIVE, variants, wasmArguments, wasmEnvironment } from './cargo.mjs'
import { at, capture, run, Stop, say, tee } from './lib.mjs'

/** The features that make no sense on this machine: the shell of the browser is linted for wasm32. */
const NOT_NATIVE = ['default', 'node', 'web', 'web-index', 'web-encoder', 'web-languages']

const LINTS = ['-D', 'warnings']

/**
 * What a feature turns on: other features, and libraries as `dep:NAME`.
 * @param {Record<string, string[]>} features as in Cargo.toml @param {string} name @returns {string[]} itself included
 */
const closure = (features, name) => [name, ...(features[name] ?? []).flatMap((part) => closure(features, part))]

/** Compiles the library with no feature, and with each alone. Features are read from Cargo.toml, so that none is forgotten. */
export async function checkFeatures() {
  const { features } = manifest()
  const names = Object.keys(features).filter((feature) => !NOT_NATIVE.includes(feature))
  await compileEach(['', ...names], ['--release', '--test', 'kernels', '--features', NATIVE], LINTS)
}

/** Compiles the library as each wasm module has it. */
export async function checkModules() {
  const sets = Object.values(modules)
  const args = ['--profile', 'wasm', '--test', 'wasm', ...wasmArguments(EVERY_MODULE)]
  await compileEach(sets, args, [...LINTS, ...variants.relaxed], wasmEnvironment('simd128'))
}

/** @returns {{ features: Record<string, string[]>, dependencies: { name: string, optional: boolean }[] }} */
function manifest() {
  const output = capture('cargo', ['metadata', '--no-deps', '--format-version', '1'])
  if (!output) throw new Stop('cargo metadata fails')
  return JSON.parse(output).packages[0]
}

/**
 * Compiles the library with each of several sets of features.
 * @param {string[]} sets features with commas between them
 * @param {string[]} everything cargo's arguments for all of them, with a target that has tests: what the crate depends on is
 * then what has been checked for the lints of all targets
 * @param {string[]} lints what the compiler is told, clippy's own among it
 * @param {Record<string, string>} [env]
 */
async function compileEach(sets, everything, lints, env = {}) {
  const { features, dependencies } = manifest()
  const optional = dependencies.filter(({ optional }) => optional).map(({ name }) => name)
  const command = await lintCommand(everything, lints, env)
  for (const set of sets) {
    say(set === '' ? 'no feature' : `${set} alone`)
    const on = new Set(set.split(',').flatMap((name) => closure(features, name)))
    await run('sh', ['-c', [restrict(command, on, optional), ...lints].join(' ')])
  }
}

/**
 * The command by which cargo lints the library, the environment in front of it.
 * @param {string[]} everything @param {string[]} lints @param {Record<string, string>} env
 */
async function lintCommand(everything, lints, env) {
  const args = ['clippy', '-vv', '--lib', ...everything, '--', ...lints]
  // Cargo lints only what has changed, and prints only what it runs: an argument that it has not seen is a change.
  const asked = ['--cfg', `asked="${Date.now()}"`, '-A', 'unexpected_cfgs']
  const { output, failure } = await tee('cargo', [...args, ...asked], { env })
  if (failure) throw failure
  const command = /Running `(.*clippy-driver.* --crate-name inkling_search .*)`/.exec(output)?.[1]
  if (!command) throw new Stop('cargo clippy -vv does not say how it lints the library')
  return command
}

/**
 * The command for some features only, with what it writes in a folder of its own.
 * @param {string} command @param {Set<string>} on features, and libraries as `dep:NAME` @param {string[]} optional libraries
 */
function restrict(command, on, optional) {
  const out = at('target', 'features')
  fs.mkdirSync(out, { recursive: true })
  const absent = optional.filter((name) => !on.has(`dep:${name}`)).map((name) => name.replaceAll('-', '_'))
  return command
    .replace(/\S*clippy-driver /, '')
    .replace(/ --cfg 'feature="([^"]+)"'/g, (flag, name) => (on.has(name) ? flag : ''))
    .replace(/ --extern (\w+)=\S+/g, (flag, name) => (absent.includes(name) ? '' : flag))
    .replace(/ --(error-format|json)=\S+/g, '')
    .replace(/ --out-dir \S+/, ` --out-dir '${out}'`)
}
