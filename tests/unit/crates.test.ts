import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { share, shareVariants } from '../../scripts/crates.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-crates-'))
after(() => fs.rmSync(folder, { recursive: true }))

/** A target folder as cargo leaves it: libraries by their names, with the bytes of each. */
function target(name: string, libraries: Record<string, string>): string {
  const profile = path.join(folder, name, 'wasm32-unknown-unknown', 'wasm')
  for (const [library, bytes] of Object.entries(libraries)) {
    const known = path.join(profile, '.fingerprint', library)
    fs.mkdirSync(known, { recursive: true })
    fs.mkdirSync(path.join(profile, 'deps'), { recursive: true })
    fs.writeFileSync(path.join(known, `lib-${library}.json`), '{}')
    fs.writeFileSync(path.join(profile, 'deps', `lib${library}.rmeta`), bytes)
  }
  return path.join(folder, name)
}

/** The libraries of a target folder, by their names, with the bytes of each. */
function libraries(target: string): Record<string, string> {
  const deps = path.join(target, 'wasm32-unknown-unknown', 'wasm', 'deps')
  const names = fs.existsSync(deps) ? fs.readdirSync(deps).sort() : []
  return Object.fromEntries(names.map((name) => [name.slice(3, -6), fs.readFileSync(path.join(deps, name), 'utf8')]))
}

const SERDE = 'serde-0123456789abcdef'
const CSV = 'csv-fedcba9876543210'

test('a folder gets the libraries that another has compiled, and nothing of our own', () => {
  const from = target('full', { [SERDE]: 'one', [CSV]: 'with one', 'inkling_search-00112233445566aa': 'ours' })
  const to = target('part', { [SERDE]: 'one' })
  share(from, to)
  assert.deepEqual(libraries(to), { [CSV]: 'with one', [SERDE]: 'one' })
})

test('a library is not put among others than those it was compiled with', () => {
  const from = target('theirs', { [SERDE]: 'one', [CSV]: 'with one' })
  const to = target('own', { [SERDE]: 'another' })
  share(from, to)
  assert.deepEqual(libraries(to), { [SERDE]: 'another' })
})

test('libraries of the relaxed modules that are not those of the plain ones give way to these', () => {
  const plain = target('plain', { [SERDE]: 'one', [CSV]: 'with one' })
  const relaxed = target('relaxed', { [SERDE]: 'another' })
  shareVariants(plain, relaxed)
  assert.deepEqual(libraries(relaxed), { [CSV]: 'with one', [SERDE]: 'one' })
})
