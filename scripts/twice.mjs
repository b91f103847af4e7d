// `npm run twice [MODULE…]`: builds the modules of WebAssembly two times, each from nothing and in a folder of its own, and fails where
// a byte differs. All of them take a quarter of an hour.

import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { at, capture, run, Stop, script } from './lib.mjs'
import { setUp } from './setup.mjs'
import { ALL } from './wasm.mjs'

/** Builds modules in a copy of the repository, and gives the folder that they are in. @param {string} name @param {string[]} modules */
async function build(name, modules) {
  const folder = at('build', 'twice', name)
  fs.rmSync(folder, { recursive: true, force: true })
  for (const file of (capture('git', ['ls-files']) ?? '').split('\n').filter((file) => fs.existsSync(at(file))))
    fs.cpSync(at(file), path.join(folder, file))
  fs.symlinkSync(at('node_modules'), path.join(folder, 'node_modules'))
  const scripts = pathToFileURL(path.join(folder, 'scripts', 'wasm.mjs')).href
  await run(process.execPath, ['-e', `import('${scripts}').then((wasm) => wasm.buildWasm(${JSON.stringify(modules)}))`])
  return path.join(folder, 'dist', 'wasm')
}

await script(async () => {
  const given = process.argv.slice(2)
  const unknown = given.filter((name) => !ALL.some((module) => module === name))
  if (unknown.length > 0) throw new Stop(`there is no module ${unknown.join(', ')}: there are ${ALL.join(', ')}`)
  await setUp(['rust', 'cc'])
  const modules = given.length > 0 ? given : ALL
  const [first, second] = [await build('first', modules), await build('in-another-folder', modules)]
  const names = fs.readdirSync(first)
  if (names.join() !== fs.readdirSync(second).join()) throw new Stop('the two builds do not have the same files')
  const different = names.filter((name) => {
    const [one, other] = [first, second].map((folder) => fs.readFileSync(path.join(folder, name)))
    return !one?.equals(/** @type {Buffer} */ (other))
  })
  if (different.length > 0) throw new Stop(`not the same bytes: ${different.join(', ')}`)
  console.log(`${names.length} files are the same, byte for byte`)
})
