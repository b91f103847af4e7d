// `npm run check`: what is known of a change in seconds, without running it: format, lints, types and the laws of the
// floor plan. `.ci/run` asks more of it, and runs the tests.

import fs from 'node:fs'
import { EVERY_MODULE, NATIVE, variants, wasmArguments, wasmEnvironment } from './cargo.mjs'
import { buildDocs } from './docs.mjs'
import { checkFeatures } from './features.mjs'
import { table, timed } from './lanes.mjs'
import { at, run, script } from './lib.mjs'
import { installComponents, installWasmTarget, setUp } from './setup.mjs'
import { checkStyle } from './style.mjs'
import { checkLaws } from './tidy.mjs'
import { buildWasm } from './wasm.mjs'

/** How everything is written, and whether it keeps to the laws of the floor plan. */
export async function checkFormat() {
  await timed('format', () => run('cargo', ['fmt', '--check']))
  await timed('style of the scripts', () => checkStyle())
  await timed('laws', checkLaws)
}

/** The types of all TypeScript and of the scripts. Needs the glue of the wasm modules, older or newer. */
export const checkTypes = () => timed('types', () => run(at('node_modules', '.bin', 'tsc'), ['--noEmit']))

/**
 * What clippy says of everything native. In the profile that everything is built in: the macros and build scripts of what
 * the crate depends on are compiled once.
 */
export const lintNative = () =>
  timed('lints, native', () =>
    run('cargo', ['clippy', '--release', '--all-targets', '--features', NATIVE, '--', '-D', 'warnings']),
  )

/** What clippy says of all that the browser runs. What the compiler says of each module, its build heeds. */
export const lintWasm = () => {
  const args = ['clippy', '--profile', 'wasm', '--all-targets', ...wasmArguments(EVERY_MODULE)]
  const lints = ['-D', 'warnings', ...variants.relaxed]
  return timed('lints, wasm', () => run('cargo', [...args, '--', ...lints], { env: wasmEnvironment('simd128') }))
}

/** That each feature of the crate compiles alone. */
export const checkEachFeature = () => timed('features', checkFeatures)

/** That the documentation has no broken link and no gap. */
export const checkDocs = () =>
  timed('documentation', async () => {
    // With the features of the lints: what the crate depends on is checked already.
    await run('cargo', ['doc', '--release', '--no-deps', '--features', NATIVE], {
      env: { RUSTDOCFLAGS: '-D warnings' },
    })
    // The pages of the TypeScript need the glue of the modules.
    await buildWasm()
    await buildDocs()
  })

/** What the checks need before they start. */
export async function setUpChecks() {
  await setUp(['rust', 'cc'])
  await installComponents(['rustfmt', 'clippy'])
  await installWasmTarget()
}

if (process.argv[1] === at('scripts', 'check.mjs')) {
  await script(async () => {
    await setUpChecks()
    if (!fs.existsSync(at('dist', 'wasm', 'inkling-simd128.d.ts'))) await buildWasm()
    await checkFormat()
    await checkTypes()
    await lintNative()
    console.log(table())
  })
}
