// `npm run supply`: whether what the project is built from may be in it, and has known weaknesses.

import path from 'node:path'
import { timed } from './lanes.mjs'
import { at, kept, print, run, Stop, script, tee } from './lib.mjs'
import { installCargoTool, setUp } from './setup.mjs'

/** Asks cargo-deny for licences, sources and bans (`deny.toml`), and for advisories where their database can be had; then npm. */
export const checkSupply = () =>
  timed('supply', async () => {
    await checkCrates()
    await checkPackages()
  })

async function checkCrates() {
  const bin = await installCargoTool('cargo-deny')
  if (!bin) return print('  crates are not checked: there is no cargo-deny for this system')
  const deny = path.join(bin, 'cargo-deny')
  const { failure } = await quietly(deny, ['fetch', 'db'])
  if (failure)
    print('  crates are not checked for advisories: https://github.com/RustSec/advisory-db cannot be reached')
  const checks = ['licenses', 'sources', 'bans', ...(failure ? [] : ['advisories'])]
  await run(deny, ['--locked', '--log-level', 'error', 'check', ...checks])
}

async function checkPackages() {
  const { failure, output } = await quietly('npm', ['audit', '--package-lock-only'])
  if (output.includes('audit endpoint returned an error') || /ENOTFOUND|ECONNREFUSED/.test(output))
    return print('  packages are not checked for advisories: the registry does not tell')
  if (failure) throw new Stop(`npm audit:\n${output}`)
}

/** What a command says, which nobody is shown. @param {string} command @param {string[]} args */
const quietly = (command, args) => kept.run({ chunks: [] }, () => tee(command, args))

if (process.argv[1] === at('scripts', 'supply.mjs')) {
  await script(async () => {
    await setUp(['rust', 'python'])
    await checkSupply()
  })
}
