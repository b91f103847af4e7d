// That the crate compiles, without a warning, with each of its features alone and with none: what a user of one gets.

import { capture, run, say } from './lib.mjs'

/** The features that make no sense on this machine: the shell of the browser is linted for wasm32. */
const NOT_NATIVE = ['default', 'web']

/** Lints the library with no feature, and with each alone. Features are read from Cargo.toml, so that none is forgotten. */
export async function checkFeatures() {
  const { packages } = JSON.parse(
    capture('cargo', ['metadata', '--no-deps', '--format-version', '1']) ?? '{"packages":[]}',
  )
  /** @type {string[]} */
  const features = Object.keys(packages[0]?.features ?? {}).filter((feature) => !NOT_NATIVE.includes(feature))
  for (const feature of ['', ...features]) {
    say(`lints, ${feature === '' ? 'no feature' : `feature ${feature} alone`}`)
    await run('cargo', [
      'clippy',
      '--quiet',
      '--release',
      '--lib',
      '--no-default-features',
      '--features',
      feature,
      '--',
      '-D',
      'warnings',
    ])
  }
}
