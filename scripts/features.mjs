// That the crate compiles, without a warning, with each of its features alone and with none: what a user of one gets.
//
// Cargo would compile most of what the crate depends on once more for each feature, since which features a library gets
// depends on all that use it. So cargo is asked how it checks the library with everything, and that is done with the features and
// libraries of one feature alone. What is left out is the compiler's to say, which takes half as long as clippy.

import fs from 'node:fs'
import path from 'node:path'
import { NATIVE } from './cargo.mjs'
import { at, capture, kept, run, Stop, say, tee } from './lib.mjs'

/** The features that make no sense on this machine: what browsers and Node run is built for wasm32, without a warning, too. */
const NOT_NATIVE = ['default', 'node', 'web', 'web-index', 'web-encoder', 'web-languages']

/**
 * What a feature turns on: other features, and libraries as `dep:NAME`.
 * @param {Record<string, string[]>} features as in Cargo.toml @param {string} name @returns {string[]} itself included
 */
const closure = (features, name) => [name, ...(features[name] ?? []).flatMap((part) => closure(features, part))]

/** Compiles the library with no feature, and with each alone. Features are read from Cargo.toml, so that none is forgotten. */
export async function checkFeatures() {
  const { features, dependencies } = manifest()
  const names = Object.keys(features).filter((feature) => !NOT_NATIVE.includes(feature))
  const optional = dependencies.filter(({ optional }) => optional).map(({ name }) => name)
  const command = await checkCommand()
  for (const name of ['', ...names]) {
    say(name === '' ? 'no feature' : `${name} alone`)
    await run('sh', ['-c', `${restrict(command, new Set(closure(features, name)), optional)} -D warnings`])
  }
}

/** @returns {{ features: Record<string, string[]>, dependencies: { name: string, optional: boolean }[] }} */
function manifest() {
  const output = capture('cargo', ['metadata', '--no-deps', '--format-version', '1'])
  if (!output) throw new Stop('cargo metadata fails')
  return JSON.parse(output).packages[0]
}

/** The command by which cargo checks the library with everything, the environment in front of it. */
async function checkCommand() {
  const PATH = [at('scripts', 'rustc'), process.env.PATH].join(path.delimiter)
  const env = { PATH, RUSTC_WORKSPACE_WRAPPER: 'rustc-refusing' }
  // With a target that has tests, what the crate depends on is what has been checked for the lints of all targets.
  const args = ['check', '-vv', '--release', '--lib', '--test', 'kernels', '--features', NATIVE]
  // The compiler fails at once, and it would look as if something were wrong.
  const { output } = await kept.run({ chunks: [] }, () => tee('cargo', args, { env }))
  const command = /Running `(.*rustc-refusing .* --crate-name inkling_search .*)`/.exec(output)?.[1]
  if (!command) throw new Stop(`cargo check -vv does not say how it checks the library:\n${output}`)
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
    .replace(/\S*rustc-refusing /, '')
    .replace(/ --cfg 'feature="([^"]+)"'/g, (flag, name) => (on.has(name) ? flag : ''))
    .replace(/ --extern (\w+)=\S+/g, (flag, name) => (absent.includes(name) ? '' : flag))
    .replace(/ --(error-format|json)=\S+/g, '')
    .replace(/ --out-dir \S+/, ` --out-dir '${out}'`)
}
