// What `.ci/run` asks besides the tests: formatting, lints, types and documentation, all without a warning.

import { buildWasm, wasmArguments, wasmEnvironment } from './build.mjs'
import { buildDocs } from './docs.mjs'
import { checkFeatures } from './features.mjs'
import { at, run, say, script } from './lib.mjs'
import { installComponents, setUp } from './setup.mjs'

await script(async () => {
  await setUp()
  await installComponents(['rustfmt', 'clippy'])

  say('formatting')
  await run('cargo', ['fmt', '--check'])
  say('lints, native')
  await run('cargo', ['clippy', '--all-targets', '--features', 'gpu', '--', '-D', 'warnings'])
  await checkFeatures()
  say('lints, wasm')
  for (const module of /** @type {const} */ (['inkling-build', 'inkling-gpu'])) {
    const args = ['clippy', '--profile', 'wasm', '--all-targets', ...wasmArguments(module), '--', '-D', 'warnings']
    await run('cargo', args, { env: wasmEnvironment('relaxed') })
  }
  say('types')
  await buildWasm()
  await run(at('node_modules', '.bin', 'tsc'), ['--noEmit'])
  say('documentation of the crate')
  await run('cargo', ['doc', '--no-deps', '--features', 'cli'], { env: { RUSTDOCFLAGS: '-D warnings' } })
  await buildDocs()
})
