// The command line in WebAssembly: what it does for the owner of a site is what the native one does, byte for byte.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { cli } from '../../scripts/site.mjs'
import { command, hashes, model, npxInkling, programme, project, short, tinyPair } from './project.mjs'

const MORE = JSON.stringify([{ id: 'late', title: 'Health data', abstract: 'How patients and doctors use data.' }])

/** Two equal projects, in which one command line each works. */
const [byWasm, natively] = await Promise.all(
  [1, 2].map(() => project({ 'more.json': MORE, 'docs/a.md': '# Data\n\nBest people.\n' })),
)
for (const root of [byWasm, natively])
  fs.cpSync(at('tests', 'data', 'site'), path.join(String(root), 'public'), { recursive: true })

const ofModel = ['--model', model, ...short]
for (const root of [byWasm, natively]) await tinyPair(String(root))

/** @type {[string, string[]][]} */
const STEPS = [
  ['reads a built site', ['site', 'public', ...ofModel]],
  ['reads it again, and encodes nothing that has not changed', ['site', 'public', ...ofModel, '--json']],
  ['reads a folder of Markdown', ['index', 'docs', ...ofModel, '--out', 'notes']],
  ['reads a programme', ['index', programme, ...ofModel]],
  ['adds documents', ['add', 'more.json']],
  ['removes documents', ['remove', '101']],
  ['searches', ['search', 'best people']],
  ['reads a site that a student asks', ['site', 'public', ...short, '--out', 'asked']],
  ['searches by a student', ['search', 'best people', '--index', 'asked/en']],
  ['lets the model of the documents ask', ['index', programme, ...short, '--query-model', 'none', '--out', 'whole']],
  ['searches by words, and sorts', ['search', 'data', '--mode', 'lexical', '--sort', 'start']],
  ['tells what an index holds', ['inspect', 'search']],
  ['writes a page that is one file', ['bundle', 'search', '--out', 'one.html', '--title', 'R&D']],
  ['explains itself', ['site', '--help']],
]

for (const [what, args] of STEPS) {
  test(`the command line in WebAssembly ${what} as the native one does`, async () => {
    const variables = { INKLING_DIST: path.join(String(natively), 'node_modules', 'inkling-search', 'dist') }
    const expected = await command(String(natively), cli, args, { variables })
    const found = await command(String(byWasm), 'npx', ['--offline', 'inkling-search', '--wasm', ...args])
    assert.deepEqual([found.code, found.stdout, found.stderr], [expected.code, expected.stdout, expected.stderr])
    assert.equal(found.code, 0, found.stderr)
    const files = (/** @type {string} */ root) =>
      Object.entries(hashes(root)).filter(([name]) => !name.startsWith('node_modules'))
    assert.deepEqual(files(String(byWasm)), files(String(natively)))
  })
}

test('a failure in WebAssembly leaves what was there, and says what the native command line says', async () => {
  const before = hashes(path.join(String(byWasm), 'search'))
  for (const args of [
    ['add', 'nowhere.json'],
    ['remove', 'nobody'],
    ['index', 'more.json', '--model', 'nowhere'],
    ['site', 'nowhere', ...ofModel],
    ['serch'],
    ['search'],
  ]) {
    const found = await command(String(byWasm), 'npx', ['--offline', 'inkling-search', '--wasm', ...args])
    const expected = await command(String(natively), cli, args)
    const said = expected.stderr.replace('No such file or directory (os error 2)', 'no such file or directory')
    assert.deepEqual([found.code, found.stdout, found.stderr], [expected.code, expected.stdout, said])
    assert.notEqual(found.code, 0)
  }
  assert.deepEqual(hashes(path.join(String(byWasm), 'search')), before)
  assert.match(await npxInkling(String(byWasm), ['--version']), /^inkling \S+ \(WebAssembly\)$/m)
})
